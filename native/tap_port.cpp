// TAP port; see tap_port.h.
#include "tap_port.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "buffers.h"
#include "clock.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

namespace softipu {
namespace {

constexpr int sendRetries = 16;
constexpr uint32_t frameRoom = largeSlotBytes - largeSlotHeadroom;

}  // namespace

TapPort::TapPort(const Napi::CallbackInfo& info) : NativePort(info) {
  auto options = info[0].As<Napi::Object>();
  pool_ = numberOption(options, "pool");
  poolSlots_ = numberOption(options, "poolSlots");
  hasQueues_ = numberOption(options, "fanout") != 0;
  NetnsScope scope;
  failed_ = "setns";
  int error = scope.enter(stringOption(options, "netns"));
  if (error == 0) error = open();
  if (error != 0) {
    tun_.reset();
    throwSystemError(env_, failed_, error);
    return;
  }
  Environment::of(env_).open.insert(this);
}

int TapPort::open() {
  netns_ = openNetns("");
  failed_ = "socket";
  control_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!control_) return errno;
  int error = attach();
  if (error != 0) return error;
  failed_ = "SIOCSIFFLAGS";
  return bringUp(control_.get(), name_);
}

/// Opens or makes the interface, in the namespace that the calling thread is in.
int TapPort::attach() {
  failed_ = "/dev/net/tun";
  Fd tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tun) return errno;
  ifreq request = {};
  memcpy(request.ifr_name, name_.data(), name_.size() < IFNAMSIZ ? name_.size() : IFNAMSIZ - 1);
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (hasQueues_ ? IFF_MULTI_QUEUE : 0));
  failed_ = "TUNSETIFF";
  if (ioctl(tun.get(), TUNSETIFF, &request) != 0) return errno;
  int headerBytes = vnetBytes;
  failed_ = "TUNSETVNETHDRSZ";
  if (ioctl(tun.get(), TUNSETVNETHDRSZ, &headerBytes) != 0) return errno;
  unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  failed_ = "TUNSETOFFLOAD";
  // UDP segmentation since Linux 6.2.
  if (ioctl(tun.get(), TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) != 0 && ioctl(tun.get(), TUNSETOFFLOAD, offloads) != 0) return errno;
  if (tun_) {
    // The number stays the same for those who poll it.
    dup3(tun.get(), tun_.get(), O_CLOEXEC);
  } else {
    tun_ = std::move(tun);
  }
  return 0;
}

void TapPort::closeAll() {
  if (!tun_) return;
  Environment::of(env_).open.erase(this);
  tun_.reset();
  control_.reset();
  netns_.reset();
  state_ = State::gone;
}

uint32_t TapPort::receiveBatch(uint32_t descriptors, uint32_t max) {
  auto* out = reinterpret_cast<Descriptor*>(arena_ + descriptors);
  uint32_t count = 0;
  if (state_ == State::gone) {
    lookAfterInterface(false);
    return 0;
  }
  while (count < max && used_ < poolSlots_) {
    uint32_t slot = pool_ + used_ * largeSlotBytes;
    uint8_t* at = arena_ + slot + largeSlotHeadroom - vnetBytes;
    ssize_t got = read(tun_.get(), at, frameRoom + vnetBytes);
    if (got < 0) {
      if (errno == EBADFD) vanish();
      break;
    }
    if (got < static_cast<ssize_t>(vnetBytes + ETH_HLEN) || got == static_cast<ssize_t>(frameRoom + vnetBytes)) {
      counters_.rxDropsInvalid++;
      continue;
    }
    used_++;
    Descriptor& d = out[count++];
    startDescriptor(d, number_, slot + largeSlotHeadroom, static_cast<uint32_t>(got) - vnetBytes, slot, slot + largeSlotBytes);
    VnetHeader vnet;
    memcpy(&vnet, at, vnetBytes);
    receiveOffload(d, arena_, d.addr, vnet);
    counters_.rxPackets++;
    counters_.rxBytes += d.length;
  }
  if (count == 0) lookAfterInterface(false);
  return count;
}

/// The interface was deleted: a descriptor that is never readable takes the place of the dead one, which would be ready for ever.
void TapPort::vanish() {
  Fd quiet(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (quiet) dup3(quiet.get(), tun_.get(), O_CLOEXEC);
  state_ = State::gone;
}

/// Finds out whether the interface is up; attaches again if somebody has made it anew under the same name.
void TapPort::lookAfterInterface(bool now) {
  uint64_t time = coarseNowNs();
  if (!now && time < nextLookNs_) return;
  nextLookNs_ = time + lookIntervalNs;
  InterfaceFacts facts;
  if (readFacts(control_.get(), name_, facts) != 0) {
    if (state_ != State::gone) vanish();
    return;
  }
  if (state_ == State::gone) {
    NetnsScope scope;
    if (scope.enter(netns_.get()) != 0 || attach() != 0) return;
  }
  state_ = facts.isUp ? State::up : State::down;
}

void TapPort::sendMessages(uint32_t count) {
  if (state_ == State::gone) {
    counters_.txDropsDown += count;
    return;
  }
  int retries = sendRetries;
  for (uint32_t at = 0; at < count;) {
    const msghdr& header = message(at)->msg_hdr;
    ssize_t sent = writev(tun_.get(), header.msg_iov, static_cast<int>(header.msg_iovlen));
    if (sent >= 0) {
      countSent(at++);
      continue;
    }
    int error = errno;
    if (error == EINTR) continue;
    if ((error == EAGAIN || error == ENOBUFS) && retries-- > 0) {
      sched_yield();
      continue;
    }
    if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
      counters_.txDropsFull++;
    } else if (error == EIO || error == EBADFD) {
      // EIO: interface down.
      counters_.txDropsDown++;
    } else if (error == EMSGSIZE || (error == EINVAL && isGso(at))) {
      counters_.txDropsTooBig++;
    } else {
      counters_.txErrors++;
    }
    at++;
  }
}

Napi::Function defineTapPort(Napi::Env env) { return TapPort::define(env, "TapPort"); }

}  // namespace softipu
