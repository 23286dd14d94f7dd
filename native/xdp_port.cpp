// AF_XDP port; see xdp_port.h.
#include "xdp_port.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>

#include "buffers.h"
#include "clock.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

namespace softipu {
namespace {

/// A page: more than that the kernel does not take, and frames of 3.8 kB fit. As `chunkBytes` in src/ports/xdp.ts.
constexpr uint32_t chunkBytes = 4096;
constexpr int sendRetries = 64;
constexpr int bindTries = 50;
constexpr useconds_t bindPauseUs = 10'000;
/// Since Linux 6.17 a send call moves up to so many frames in copy mode, else 32.
constexpr int xdpMaxTxSkbBudget = 9;
constexpr int txBudget = 256;

Fd bpf(int command, bpf_attr& attributes) {
  return Fd(static_cast<int>(syscall(__NR_bpf, command, &attributes, sizeof attributes)));
}

/// return bpf_redirect_map(&map, ctx->rx_queue_index, XDP_PASS);
Fd loadRedirect(int map) {
  bpf_insn code[6] = {};
  code[0].code = BPF_LDX | BPF_MEM | BPF_W;
  code[0].dst_reg = BPF_REG_2;
  code[0].src_reg = BPF_REG_1;
  code[0].off = offsetof(xdp_md, rx_queue_index);
  code[1].code = BPF_LD | BPF_DW | BPF_IMM;
  code[1].dst_reg = BPF_REG_1;
  code[1].src_reg = BPF_PSEUDO_MAP_FD;
  code[1].imm = map;
  code[3].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[3].dst_reg = BPF_REG_3;
  code[3].imm = XDP_PASS;
  code[4].code = BPF_JMP | BPF_CALL;
  code[4].imm = BPF_FUNC_redirect_map;
  code[5].code = BPF_JMP | BPF_EXIT;
  bpf_attr load;
  memset(&load, 0, sizeof load);
  load.prog_type = BPF_PROG_TYPE_XDP;
  load.insns = reinterpret_cast<uintptr_t>(code);
  load.insn_cnt = 6;
  load.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  return bpf(BPF_PROG_LOAD, load);
}

}  // namespace

int XdpRing::map(int fd, uint64_t pageOffset, const xdp_ring_offset& offsets, uint32_t size, size_t entryBytes) {
  bytes_ = offsets.desc + size * entryBytes;
  void* at = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(pageOffset));
  if (at == MAP_FAILED) return errno;
  mapped_ = at;
  size_ = size;
  auto* base = static_cast<uint8_t*>(at);
  producer_ = reinterpret_cast<uint32_t*>(base + offsets.producer);
  consumer_ = reinterpret_cast<uint32_t*>(base + offsets.consumer);
  flags_ = reinterpret_cast<uint32_t*>(base + offsets.flags);
  entries_ = base + offsets.desc;
  return 0;
}

void XdpRing::reset() {
  if (mapped_ != nullptr) munmap(mapped_, bytes_);
  mapped_ = nullptr;
}

XdpPort::XdpPort(const Napi::CallbackInfo& info) : NativePort(info) {
  auto options = info[0].As<Napi::Object>();
  umem_ = numberOption(options, "umem");
  chunks_ = numberOption(options, "chunks");
  queue_ = numberOption(options, "queue");
  hasOffloads_ = false;
  NetnsScope scope;
  failed_ = "setns";
  int error = scope.enter(stringOption(options, "netns"));
  if (error == 0) {
    netns_ = openNetns("");
    failed_ = "socket";
    control_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    error = control_ ? open() : errno;
  }
  if (error != 0) {
    shut();
    throwSystemError(env_, failed_, error);
    return;
  }
  Environment::of(env_).open.insert(this);
  lookAfterInterface(true);
}

/// All of it, in the namespace that the calling thread is in.
int XdpPort::open() {
  failed_ = "interface";
  index_ = interfaceIndex(control_.get(), name_);
  if (index_ == 0) return ENODEV;
  int error = makeSocket();
  if (error == 0) error = attach(index_);
  if (error == 0) error = bindTo(index_);
  if (error != 0) return error;
  // Half of the chunks wait for frames.
  uint32_t first = *fill_.producer();
  for (uint32_t i = 0; i < fill_.size(); i++) fill_.address(first + i) = static_cast<uint64_t>(i) * chunkBytes;
  __atomic_store_n(fill_.producer(), first + fill_.size(), __ATOMIC_RELEASE);
  free_.clear();
  for (uint32_t i = fill_.size(); i < chunks_; i++) free_.push_back(static_cast<uint64_t>(i) * chunkBytes);
  pending_.clear();
  if (!poll_) poll_ = Fd(fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  else dup3(socket_.get(), poll_.get(), O_CLOEXEC);
  return 0;
}

int XdpPort::makeSocket() {
  failed_ = "socket";
  socket_ = Fd(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket_) return errno;
  xdp_umem_reg umem = {};
  umem.addr = reinterpret_cast<uintptr_t>(arena_ + umem_);
  umem.len = static_cast<uint64_t>(chunks_) * chunkBytes;
  umem.chunk_size = chunkBytes;
  failed_ = "XDP_UMEM_REG";
  if (setsockopt(socket_.get(), SOL_XDP, XDP_UMEM_REG, &umem, sizeof umem) != 0) return errno;
  uint32_t half = chunks_ / 2;
  failed_ = "XDP rings";
  for (int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING})
    if (setsockopt(socket_.get(), SOL_XDP, ring, &half, sizeof half) != 0) return errno;
  xdp_mmap_offsets offsets = {};
  socklen_t bytes = sizeof offsets;
  if (getsockopt(socket_.get(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &bytes) != 0) return errno;
  failed_ = "mmap";
  int error = fill_.map(socket_.get(), XDP_UMEM_PGOFF_FILL_RING, offsets.fr, half, sizeof(uint64_t));
  if (error == 0) error = completion_.map(socket_.get(), XDP_UMEM_PGOFF_COMPLETION_RING, offsets.cr, half, sizeof(uint64_t));
  if (error == 0) error = rx_.map(socket_.get(), XDP_PGOFF_RX_RING, offsets.rx, half, sizeof(xdp_desc));
  if (error == 0) error = tx_.map(socket_.get(), XDP_PGOFF_TX_RING, offsets.tx, half, sizeof(xdp_desc));
  // Refused by older kernels: then more calls are needed.
  setsockopt(socket_.get(), SOL_XDP, xdpMaxTxSkbBudget, &txBudget, sizeof txBudget);
  return error;
}

/// Native mode where the driver has it, else the generic one.
int XdpPort::attach(int index) {
  bpf_attr create;
  memset(&create, 0, sizeof create);
  create.map_type = BPF_MAP_TYPE_XSKMAP;
  create.key_size = 4;
  create.value_size = 4;
  create.max_entries = queue_ + 1;
  failed_ = "bpf";
  map_ = bpf(BPF_MAP_CREATE, create);
  if (!map_) return errno;
  Fd program = loadRedirect(map_.get());
  if (!program) return errno;
  for (uint32_t mode : {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE}) {
    bpf_attr link;
    memset(&link, 0, sizeof link);
    link.link_create.prog_fd = static_cast<uint32_t>(program.get());
    link.link_create.target_ifindex = static_cast<uint32_t>(index);
    link.link_create.attach_type = BPF_XDP;
    link.link_create.flags = mode;
    link_ = bpf(BPF_LINK_CREATE, link);
    isNative_ = mode == XDP_FLAGS_DRV_MODE;
    if (link_ || errno == EBUSY) break;
  }
  failed_ = "BPF_LINK_CREATE";
  return link_ ? 0 : errno;
}

int XdpPort::bindTo(int index) {
  sockaddr_xdp address = {};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = static_cast<uint32_t>(index);
  address.sxdp_queue_id = queue_;
  address.sxdp_flags = XDP_USE_NEED_WAKEUP;
  failed_ = "bind";
  // The kernel gives a queue back some time after its socket was closed.
  for (int tries = 1; bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0; tries++) {
    if (errno != EBUSY || tries == bindTries) return errno;
    usleep(bindPauseUs);
  }
  uint32_t key = queue_;
  auto value = static_cast<uint32_t>(socket_.get());
  bpf_attr update;
  memset(&update, 0, sizeof update);
  update.map_fd = static_cast<uint32_t>(map_.get());
  update.key = reinterpret_cast<uintptr_t>(&key);
  update.value = reinterpret_cast<uintptr_t>(&value);
  failed_ = "bpf";
  return syscall(__NR_bpf, BPF_MAP_UPDATE_ELEM, &update, sizeof update) == 0 ? 0 : errno;
}

/// Gives the interface, the rings and the memory back. A socket that is still mapped would keep its queue (EBUSY), so rings first.
void XdpPort::shut() {
  link_.reset();
  map_.reset();
  for (XdpRing* ring : {&fill_, &completion_, &rx_, &tx_}) ring->reset();
  socket_.reset();
  if (poll_) {
    Fd quiet(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    dup3(quiet.get(), poll_.get(), O_CLOEXEC);
  }
  pending_.clear();
}

void XdpPort::closeAll() {
  if (!control_) return;
  Environment::of(env_).open.erase(this);
  shut();
  poll_.reset();
  control_.reset();
  netns_.reset();
  state_ = State::gone;
}

uint32_t XdpPort::receiveBatch(uint32_t descriptors, uint32_t max) {
  auto* out = reinterpret_cast<Descriptor*>(arena_ + descriptors);
  uint32_t count = 0;
  if (socket_) {
    uint32_t at = *rx_.consumer();
    uint32_t ready = std::min(rx_.filled(), max);
    for (uint32_t i = 0; i < ready; i++) {
      const xdp_desc& frame = rx_.frame(at + i);
      uint64_t chunk = frame.addr & ~static_cast<uint64_t>(chunkBytes - 1);
      pending_.push_back(chunk);
      if (frame.len < ETH_HLEN) {
        counters_.rxDropsInvalid++;
        continue;
      }
      auto start = umem_ + static_cast<uint32_t>(chunk);
      Descriptor& d = out[count++];
      startDescriptor(d, number_, umem_ + static_cast<uint32_t>(frame.addr), frame.len, start, start + chunkBytes);
      d.csumAddr = 0;
      d.csumOffset = 0;
      d.gsoType = gsoNone;
      d.gsoSize = 0;
      d.l4Sum = 0;
      counters_.rxPackets++;
      counters_.rxBytes += frame.len;
    }
    __atomic_store_n(rx_.consumer(), at + ready, __ATOMIC_RELEASE);
  }
  if (count == 0) lookAfterInterface(false);
  return count;
}

void XdpPort::giveBack() {
  if (pending_.empty() || !socket_) return;
  uint32_t at = *fill_.producer();
  // There is room: the ring has an entry for every receive chunk.
  for (uint64_t chunk : pending_) fill_.address(at++) = chunk;
  pending_.clear();
  __atomic_store_n(fill_.producer(), at, __ATOMIC_RELEASE);
  if (fill_.needsWakeup()) recvfrom(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

/// Send chunks that the kernel is done with.
void XdpPort::reap() {
  uint32_t at = *completion_.consumer();
  uint32_t done = completion_.filled();
  for (uint32_t i = 0; i < done; i++) free_.push_back(completion_.address(at + i) & ~static_cast<uint64_t>(chunkBytes - 1));
  __atomic_store_n(completion_.consumer(), at + done, __ATOMIC_RELEASE);
}

void XdpPort::kick() {
  if (tx_.needsWakeup()) sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
}

void XdpPort::sendMessages(uint32_t count) {
  if (!socket_ || state_ != State::up) {
    counters_.txDropsDown += count;
    return;
  }
  reap();
  uint32_t at = *tx_.producer();
  for (uint32_t i = 0; i < count; i++) {
    const msghdr& header = message(i)->msg_hdr;
    uint32_t bytes = messageBytes(i) - vnetBytes;
    if (bytes > chunkBytes) {
      counters_.txDropsTooBig++;
      continue;
    }
    for (int retries = sendRetries; free_.empty() && retries > 0; retries--) {
      __atomic_store_n(tx_.producer(), at, __ATOMIC_RELEASE);
      kick();
      reap();
    }
    if (free_.empty()) {
      counters_.txDropsFull++;
      continue;
    }
    uint64_t chunk = free_.back();
    free_.pop_back();
    uint8_t* to = arena_ + umem_ + chunk;
    size_t skip = vnetBytes;
    for (size_t part = 0; part < header.msg_iovlen; part++) {
      const iovec& from = header.msg_iov[part];
      memcpy(to, static_cast<const uint8_t*>(from.iov_base) + skip, from.iov_len - skip);
      to += from.iov_len - skip;
      skip = 0;
    }
    xdp_desc& frame = tx_.frame(at++);
    frame.addr = chunk;
    frame.len = bytes;
    frame.options = 0;
    countSent(i);
  }
  __atomic_store_n(tx_.producer(), at, __ATOMIC_RELEASE);
  // In copy mode a call sends a part of what waits.
  for (int retries = sendRetries; tx_.filled() != 0 && retries > 0; retries--) kick();
  reap();
}

/// Finds out whether the interface is up; opens all anew if it has come back under the same name.
void XdpPort::lookAfterInterface(bool now) {
  uint64_t time = coarseNowNs();
  if (!now && time < nextLookNs_) return;
  nextLookNs_ = time + lookIntervalNs;
  InterfaceFacts facts;
  if (!control_ || readFacts(control_.get(), name_, facts) != 0) {
    if (socket_) shut();
    state_ = State::gone;
    return;
  }
  if (!socket_ || facts.index != index_) {
    shut();
    NetnsScope scope;
    if (scope.enter(netns_.get()) != 0 || open() != 0) {
      shut();
      state_ = State::gone;
      return;
    }
  }
  state_ = facts.isUp ? State::up : State::down;
}

Counters XdpPort::countersNow() {
  xdp_statistics stats = {};
  socklen_t bytes = sizeof stats;
  Counters counters = counters_;
  if (socket_ && getsockopt(socket_.get(), SOL_XDP, XDP_STATISTICS, &stats, &bytes) == 0) {
    counters.rxDropsRing += stats.rx_dropped + stats.rx_ring_full;
    counters.rxDropsInvalid += stats.rx_invalid_descs;
  }
  return counters;
}

/// `native`: the driver runs the program; else `generic`: the stack does, behind the driver.
Napi::Value XdpPort::mode(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), isNative_ ? "native" : "generic"); }

Napi::Function defineXdpPort(Napi::Env env) {
  return XdpPort::define(env, "XdpPort", {XdpPort::InstanceMethod<&XdpPort::mode>("mode")});
}

}  // namespace softipu
