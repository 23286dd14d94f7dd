// Network namespaces and interfaces; see interface.h.
#include "interface.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <cstring>
#include <iterator>

namespace softipu {
namespace {

// BPF_TCX_INGRESS of enum bpf_attach_type: newer than the headers of the oldest system we build on.
constexpr uint32_t tcxIngress = 46;
constexpr int tcActShot = 2;
constexpr int tcxNext = -1;

bool fillName(ifreq& request, const std::string& name) {
  memset(&request, 0, sizeof request);
  if (name.size() >= IFNAMSIZ) return false;
  memcpy(request.ifr_name, name.data(), name.size());
  return true;
}

bpf_insn instruction(uint8_t code, uint8_t target, uint8_t source, int16_t jump, int32_t value) {
  bpf_insn result = {};
  result.code = code;
  result.dst_reg = target & 15;
  result.src_reg = source & 15;
  result.off = jump;
  result.imm = value;
  return result;
}

Fd bpf(int command, bpf_attr& attributes) {
  return Fd(static_cast<int>(syscall(__NR_bpf, command, &attributes, sizeof attributes)));
}

}  // namespace

Fd openNetns(const std::string& path) {
  return Fd(open(path.empty() ? "/proc/thread-self/ns/net" : path.c_str(), O_RDONLY | O_CLOEXEC));
}

int NetnsScope::enter(const std::string& path) {
  if (path.empty()) return 0;
  Fd target = openNetns(path);
  return target ? enter(target.get()) : errno;
}

int NetnsScope::enter(int netns) {
  if (netns < 0) return 0;
  Fd home = openNetns("");
  if (!home) return errno;
  if (setns(netns, CLONE_NEWNET) != 0) return errno;
  home_ = std::move(home);
  return 0;
}

NetnsScope::~NetnsScope() {
  // A thread that cannot go home would open everything from now on in the wrong namespace.
  if (home_ && setns(home_.get(), CLONE_NEWNET) != 0) abort();
}

int interfaceIndex(int socket, const std::string& name) {
  ifreq request;
  if (!fillName(request, name) || ioctl(socket, SIOCGIFINDEX, &request) != 0) return 0;
  return request.ifr_ifindex;
}

int readFacts(int socket, const std::string& name, InterfaceFacts& facts) {
  ifreq request;
  if (!fillName(request, name)) return ENODEV;
  if (ioctl(socket, SIOCGIFINDEX, &request) != 0) return errno;
  facts.index = request.ifr_ifindex;
  if (ioctl(socket, SIOCGIFMTU, &request) != 0) return errno;
  facts.mtu = request.ifr_mtu;
  if (ioctl(socket, SIOCGIFHWADDR, &request) != 0) return errno;
  memcpy(facts.mac, request.ifr_hwaddr.sa_data, 6);
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return errno;
  facts.isUp = (request.ifr_flags & IFF_UP) != 0;
  return 0;
}

bool hasTso(int socket, const std::string& name) {
  ifreq request;
  if (!fillName(request, name)) return true;
  ethtool_value value = {ETHTOOL_GTSO, 1};
  request.ifr_data = reinterpret_cast<char*>(&value);
  return ioctl(socket, SIOCETHTOOL, &request) != 0 || value.data != 0;
}

int bringUp(int socket, const std::string& name) {
  ifreq request;
  if (!fillName(request, name)) return ENODEV;
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return errno;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ioctl(socket, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
}

Fd attachDropProgram(int interfaceIndex, uint32_t keptUdpPort) {
  constexpr uint8_t load = BPF_LD | BPF_ABS, jumpIf = BPF_JMP | BPF_JEQ | BPF_K, jumpUnless = BPF_JMP | BPF_JNE | BPF_K;
  const bpf_insn dropAll[] = {
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, tcActShot),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  // Jumps count from the instruction behind; loads that leave the packet end the program with 0, which is "pass": a runt is nobody's datagram.
  const bpf_insn keepTunnel[] = {
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
      instruction(load | BPF_H, 0, 0, 0, 12),  // type
      instruction(jumpIf, 0, 0, 13, 0x0806),
      instruction(jumpUnless, 0, 0, 10, 0x0800),
      instruction(load | BPF_B, 0, 0, 0, 23),  // protocol
      instruction(jumpUnless, 0, 0, 8, IPPROTO_UDP),
      instruction(load | BPF_H, 0, 0, 0, 20),  // fragment offset
      instruction(BPF_JMP | BPF_JSET | BPF_K, 0, 0, 6, 0x1fff),
      instruction(load | BPF_B, 0, 0, 0, 14),  // header length in words
      instruction(BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, 15),
      instruction(BPF_ALU64 | BPF_LSH | BPF_K, 0, 0, 0, 2),
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0),
      instruction(BPF_LD | BPF_IND | BPF_H, 0, 7, 0, 16),  // destination port
      instruction(jumpIf, 0, 0, 2, static_cast<int>(keptUdpPort)),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, tcActShot),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, tcxNext),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  bpf_attr loading;
  memset(&loading, 0, sizeof loading);
  loading.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  loading.insns = reinterpret_cast<uintptr_t>(keptUdpPort == 0 ? dropAll : keepTunnel);
  loading.insn_cnt = static_cast<uint32_t>(keptUdpPort == 0 ? std::size(dropAll) : std::size(keepTunnel));
  loading.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  Fd program = bpf(BPF_PROG_LOAD, loading);
  if (!program) return Fd();
  bpf_attr link;
  memset(&link, 0, sizeof link);
  link.link_create.prog_fd = static_cast<uint32_t>(program.get());
  link.link_create.target_ifindex = static_cast<uint32_t>(interfaceIndex);
  link.link_create.attach_type = tcxIngress;
  return bpf(BPF_LINK_CREATE, link);
}

}  // namespace softipu
