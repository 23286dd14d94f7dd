// Network namespaces and interfaces; see interface.h.
#include "interface.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <cstring>

namespace softipu {
namespace {

// BPF_TCX_INGRESS of enum bpf_attach_type: newer than the headers of the oldest system we build on.
constexpr uint32_t tcxIngress = 46;
constexpr int tcActShot = 2;

bool fillName(ifreq& request, const std::string& name) {
  memset(&request, 0, sizeof request);
  if (name.size() >= IFNAMSIZ) return false;
  memcpy(request.ifr_name, name.data(), name.size());
  return true;
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

int bringUp(int socket, const std::string& name) {
  ifreq request;
  if (!fillName(request, name)) return ENODEV;
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return errno;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ioctl(socket, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
}

Fd attachDropProgram(int interfaceIndex) {
  // return TC_ACT_SHOT;
  bpf_insn instructions[2] = {};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  instructions[0].dst_reg = BPF_REG_0;
  instructions[0].imm = tcActShot;
  instructions[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr load;
  memset(&load, 0, sizeof load);
  load.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  load.insns = reinterpret_cast<uintptr_t>(instructions);
  load.insn_cnt = 2;
  load.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  Fd program = bpf(BPF_PROG_LOAD, load);
  if (!program) return Fd();
  bpf_attr link;
  memset(&link, 0, sizeof link);
  link.link_create.prog_fd = static_cast<uint32_t>(program.get());
  link.link_create.target_ifindex = static_cast<uint32_t>(interfaceIndex);
  link.link_create.attach_type = tcxIngress;
  return bpf(BPF_LINK_CREATE, link);
}

}  // namespace softipu
