// AF_PACKET port; see packet_port.h.
#include "packet_port.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "buffers.h"
#include "clock.h"
#include "checksum.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

namespace softipu {
namespace {

/// Headroom that we ask the kernel for: VXLAN over IPv6 with VLAN tags takes 78, SRv6 or Geneve options more.
constexpr int slotReserve = 128;
constexpr uint32_t slotHeadroomStart = 64;
constexpr uint32_t blockBytes = 65536;
constexpr int socketBufferBytes = 64 << 20;
constexpr int sendRetries = 16;

}  // namespace

PacketPort::PacketPort(const Napi::CallbackInfo& info) : NativePort(info) {
  auto options = info[0].As<Napi::Object>();
  ring_ = arena_ + numberOption(options, "ring");
  frames_ = numberOption(options, "frames");
  frameBytes_ = numberOption(options, "frameBytes");
  pool_ = numberOption(options, "pool");
  poolSlots_ = numberOption(options, "poolSlots");
  wantsIsolation_ = booleanOption(options, "isolate");
  keptUdpPort_ = numberOption(options, "keptUdpPort");
  fanout_ = numberOption(options, "fanout");
  int error = open(stringOption(options, "netns"));
  if (error != 0) {
    mapping_.reset();
    throwSystemError(env_, failed_, error);
    return;
  }
  Environment::of(env_).open.insert(this);
}

int PacketPort::open(const std::string& netnsPath) {
  NetnsScope scope;
  failed_ = "setns";
  int error = scope.enter(netnsPath);
  if (error != 0) return error;
  netns_ = openNetns("");
  int index = 0;
  error = openSocket(index);
  if (error != 0) return error;
  isolate();
  lookAfterInterface(true);
  return 0;
}

/// Makes the socket with its ring and binds it, in the namespace that the calling thread is in.
int PacketPort::openSocket(int& index) {
  failed_ = "socket";
  // Protocol 0: nothing is received before bind.
  socket_ = Fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return errno;
  failed_ = "interface";
  index = interfaceIndex(socket_.get(), name_);
  if (index == 0) return ENODEV;
  int error = configureSocket();
  if (error == 0) error = makeRing();
  if (error == 0) error = fanout_ == 0 ? bindTo(index) : EINPROGRESS;
  if (error != EINPROGRESS) return error;
  // Until it has joined its group a socket would get a copy of everything: a filter keeps that out.
  sock_filter drop[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  sock_fprog program = {1, drop};
  failed_ = "SO_ATTACH_FILTER";
  if (setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) return errno;
  error = bindTo(index);
  if (error == 0) error = option(SOL_PACKET, PACKET_FANOUT, static_cast<int>(fanout_ & 0xffff) | PACKET_FANOUT_HASH << 16, "PACKET_FANOUT");
  if (error == 0) error = option(SOL_SOCKET, SO_DETACH_FILTER, 0, "SO_DETACH_FILTER");
  return error;
}

/// A socket that has joined a group cannot be bound again: another one takes its place.
bool PacketPort::reopen() {
  mapping_.reset();
  head_ = pending_ = poolUsed_ = 0;
  NetnsScope scope;
  int index = 0;
  mustReopen_ = scope.enter(netns_.get()) != 0 || openSocket(index) != 0;
  return !mustReopen_;
}

int PacketPort::option(int level, int name, int value, const char* what) {
  failed_ = what;
  return setsockopt(socket_.get(), level, name, &value, sizeof value) == 0 ? 0 : errno;
}

int PacketPort::configureSocket() {
  int error = option(SOL_PACKET, PACKET_VERSION, TPACKET_V2, "PACKET_VERSION");
  // Before the ring: EBUSY afterwards.
  if (error == 0) error = option(SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
  if (error == 0) error = option(SOL_PACKET, PACKET_RESERVE, slotReserve, "PACKET_RESERVE");
  if (error == 0) error = option(SOL_PACKET, PACKET_COPY_THRESH, 1, "PACKET_COPY_THRESH");
  if (error == 0) error = option(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  if (error == 0) error = option(SOL_PACKET, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
  if (error != 0) return error;
  // Large buffers need CAP_NET_ADMIN in the initial user namespace; without it take what the system allows.
  if (option(SOL_SOCKET, SO_RCVBUFFORCE, socketBufferBytes, "") != 0) option(SOL_SOCKET, SO_RCVBUF, socketBufferBytes, "");
  if (option(SOL_SOCKET, SO_SNDBUFFORCE, socketBufferBytes, "") != 0) option(SOL_SOCKET, SO_SNDBUF, socketBufferBytes, "");
  return 0;
}

int PacketPort::makeRing() {
  tpacket_req ring = {};
  ring.tp_block_size = blockBytes;
  ring.tp_frame_size = frameBytes_;
  ring.tp_frame_nr = frames_;
  ring.tp_block_nr = frames_ / (blockBytes / frameBytes_);
  failed_ = "PACKET_RX_RING";
  if (setsockopt(socket_.get(), SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0) return errno;
  failed_ = "mmap";
  return mapping_.map(socket_.get(), ring_, static_cast<size_t>(frames_) * frameBytes_);
}

int PacketPort::bindTo(int index) {
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  failed_ = "bind";
  return bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

void PacketPort::isolate() {
  if (!wantsIsolation_) return;
  NetnsScope scope;
  link_ = scope.enter(netns_.get()) == 0 ? attachDropProgram(interfaceIndex(socket_.get(), name_), keptUdpPort_) : Fd();
}

void PacketPort::closeAll() {
  if (!socket_) return;
  Environment::of(env_).open.erase(this);
  link_.reset();
  // The ring dies with its last mapping, not with the socket.
  mapping_.reset();
  socket_.reset();
  netns_.reset();
  pending_ = poolUsed_ = 0;
  state_ = State::gone;
}

uint32_t PacketPort::receiveBatch(uint32_t descriptors, uint32_t max) {
  auto* out = reinterpret_cast<Descriptor*>(arena_ + descriptors);
  uint32_t count = 0;
  while (count < max && pending_ < frames_) {
    uint8_t* slot = slotAt(head_);
    auto* header = reinterpret_cast<tpacket2_hdr*>(slot);
    uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
    if ((status & TP_STATUS_USER) == 0) break;
    bool isLarge = (status & TP_STATUS_COPY) != 0;
    if (isLarge && poolUsed_ == poolSlots_) break;
    Descriptor& d = out[count];
    bool hasVlan = (status & TP_STATUS_VLAN_VALID) != 0;
    uint16_t vlanType = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->tp_vlan_tpid : static_cast<uint16_t>(ETH_P_8021Q);
    bool isGood = isLarge ? fetchLargeFrame(d, header->tp_vlan_tci, vlanType, hasVlan) : describeRingFrame(d, slot);
    d.buffer = head_;
    if (++head_ == frames_) head_ = 0;
    pending_++;
    if (!isGood) {
      counters_.rxDropsInvalid++;
      continue;
    }
    if (!isLarge && hasVlan) restoreVlanTag(d, arena_, header->tp_vlan_tci, vlanType);
    counters_.rxPackets++;
    counters_.rxBytes += d.length;
    count++;
  }
  if (count == 0) lookAfterInterface(false);
  return count;
}

/// The next slot is ours.
bool PacketPort::hasInput() const {
  if (!socket_) return false;
  const auto* header = reinterpret_cast<const tpacket2_hdr*>(slotAt(head_));
  return (__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

bool PacketPort::describeRingFrame(Descriptor& d, uint8_t* slot) {
  const auto* header = reinterpret_cast<const tpacket2_hdr*>(slot);
  if (header->tp_snaplen != header->tp_len || header->tp_len < ETH_HLEN) return false;
  auto at = static_cast<uint32_t>(slot - arena_);
  startDescriptor(d, number_, at + header->tp_mac, header->tp_len, at + slotHeadroomStart, at + frameBytes_);
  VnetHeader vnet;
  memcpy(&vnet, arena_ + d.addr - vnetBytes, vnetBytes);
  receiveOffload(d, arena_, d.addr, vnet);
  return true;
}

bool PacketPort::fetchLargeFrame(Descriptor& d, uint16_t vlanTci, uint16_t vlanType, bool hasVlan) {
  uint32_t slot = pool_ + poolUsed_ * largeSlotBytes;
  uint8_t* at = arena_ + slot + largeSlotHeadroom - vnetBytes;
  ssize_t got = recv(socket_.get(), at, largeSlotBytes - largeSlotHeadroom + vnetBytes, MSG_DONTWAIT | MSG_TRUNC);
  // An error of the interface is reported once, in front of the data.
  if (got < 0 && errno == ENETDOWN) got = recv(socket_.get(), at, largeSlotBytes - largeSlotHeadroom + vnetBytes, MSG_DONTWAIT | MSG_TRUNC);
  if (got < static_cast<ssize_t>(vnetBytes + ETH_HLEN) || got > static_cast<ssize_t>(largeSlotBytes - largeSlotHeadroom + vnetBytes)) return false;
  poolUsed_++;
  uint32_t length = static_cast<uint32_t>(got) - vnetBytes;
  startDescriptor(d, number_, slot + largeSlotHeadroom, length, slot, slot + largeSlotBytes);
  VnetHeader vnet;
  memcpy(&vnet, at, vnetBytes);
  receiveOffload(d, arena_, d.addr, vnet);
  if (hasVlan) restoreVlanTag(d, arena_, vlanTci, vlanType);
  return true;
}

void PacketPort::giveBack() {
  uint32_t index = head_ >= pending_ ? head_ - pending_ : head_ + frames_ - pending_;
  for (; pending_ != 0; pending_--) {
    auto* header = reinterpret_cast<tpacket2_hdr*>(slotAt(index));
    __atomic_store_n(&header->tp_status, static_cast<uint32_t>(TP_STATUS_KERNEL), __ATOMIC_RELEASE);
    if (++index == frames_) index = 0;
  }
  poolUsed_ = 0;
}

/// Finds out whether the interface is up, and binds again to one that has come back under the same name. At most ten times a second
/// (`now`: at once), from empty receives.
void PacketPort::lookAfterInterface(bool now) {
  uint64_t time = coarseNowNs();
  if (!now && time < nextLookNs_) return;
  nextLookNs_ = time + lookIntervalNs;
  int error = 0;
  socklen_t bytes = sizeof error;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  sockaddr_ll bound = {};
  bytes = sizeof bound;
  getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &bytes);
  InterfaceFacts facts;
  if (readFacts(socket_.get(), name_, facts) != 0) {
    state_ = State::gone;
    return;
  }
  if (bound.sll_ifindex != facts.index || mustReopen_) {
    if (fanout_ == 0 ? bindTo(facts.index) != 0 : !reopen()) {
      state_ = State::gone;
      return;
    }
    isolate();
  }
  state_ = facts.isUp ? State::up : State::down;
  takesGso_ = hasTso(socket_.get(), name_);
}

void PacketPort::sendMessages(uint32_t count) {
  int retries = sendRetries;
  uint32_t at = 0;
  while (at < count) {
    int sent = sendmmsg(socket_.get(), message(at), count - at, MSG_DONTWAIT);
    if (sent > 0) {
      for (int i = 0; i < sent; i++) countSent(at++);
      continue;
    }
    int error = errno;
    if (error == EINTR) continue;
    // Behind a queue of its own, the kernel would segment for a device without TSO; for our socket it drops.
    if (isWholeGso(at) && (error == ENOBUFS || error == ENOMEM)) {
      takesGso_ = takesGso_ && hasTso(socket_.get(), name_);
      if (!takesGso_ || isUdpGso(at)) {
        sendInSegments(at++);
        continue;
      }
    }
    // A GSO frame that the kernel cannot describe is refused with ENOBUFS (ENOMEM with a qdisc), for ever.
    bool isFull = error == EAGAIN || ((error == ENOBUFS || error == ENOMEM) && !isGso(at));
    if (isFull && retries-- > 0) {
      sched_yield();
      continue;
    }
    if (isFull) {
      counters_.txDropsFull += count - at;
      return;
    }
    if (error == ENETDOWN || error == ENXIO || error == ENODEV) {
      counters_.txDropsDown += count - at;
      lookAfterInterface(false);
      return;
    }
    if (error == EMSGSIZE || (isGso(at) && (error == EINVAL || error == ENOBUFS || error == ENOMEM))) {
      counters_.txDropsTooBig++;
    } else {
      counters_.txErrors++;
    }
    at++;
  }
}

Counters PacketPort::countersNow() {
  tpacket_stats stats = {};
  socklen_t bytes = sizeof stats;
  // Reading sets the kernel's counters to zero.
  if (socket_ && getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) == 0) counters_.rxDropsRing += stats.tp_drops;
  return counters_;
}

Napi::Value PacketPort::isIsolated(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), static_cast<bool>(link_)); }

Napi::Function definePacketPort(Napi::Env env) {
  return PacketPort::define(env, "PacketPort", {PacketPort::InstanceMethod<&PacketPort::isIsolated>("isIsolated")});
}

}  // namespace softipu
