// AF_XDP port, for NICs: frames are received into, and sent from, chunks of the arena that the kernel was given as UMEM. No libbpf: the program that
// redirects a queue's frames to the socket is five instructions, loaded by bpf(2).
//
//   region:  [ receive chunks | send chunks ]   chunkBytes each; the kernel leaves 256 bytes of headroom in a receive chunk
//   rings:   fill -> kernel -> rx -> we -> fill      tx -> kernel -> completion -> free list
//
// There is no offload: checksums are completed and GSO packets segmented here, into send chunks (one copy). Frames that do not fit a chunk are counted.
#pragma once

#include <linux/if_xdp.h>

#include <memory>
#include <vector>

#include "native_port.h"

namespace softipu {

/// One of the four rings, mapped outside the arena: nobody but us and the kernel looks at it.
class XdpRing {
 public:
  /// Returns 0 or errno.
  int map(int fd, uint64_t pageOffset, const xdp_ring_offset& offsets, uint32_t size, size_t entryBytes);
  void reset();

  uint32_t size() const { return size_; }
  uint32_t mask() const { return size_ - 1; }
  uint32_t* producer() const { return producer_; }
  uint32_t* consumer() const { return consumer_; }
  bool needsWakeup() const { return (__atomic_load_n(flags_, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP) != 0; }
  uint64_t& address(uint32_t n) const { return static_cast<uint64_t*>(entries_)[n & mask()]; }
  xdp_desc& frame(uint32_t n) const { return static_cast<xdp_desc*>(entries_)[n & mask()]; }
  /// Entries that wait for their consumer.
  uint32_t filled() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - __atomic_load_n(consumer_, __ATOMIC_ACQUIRE); }

 private:
  void* mapped_ = nullptr;
  size_t bytes_ = 0;
  uint32_t size_ = 0;
  uint32_t* producer_ = nullptr;
  uint32_t* consumer_ = nullptr;
  uint32_t* flags_ = nullptr;
  void* entries_ = nullptr;
};

class XdpPort final : public NativePort<XdpPort> {
 public:
  explicit XdpPort(const Napi::CallbackInfo& info);
  ~XdpPort() override { closeAll(); }

 private:
  friend Napi::Function defineXdpPort(Napi::Env env);

  Napi::Value mode(const Napi::CallbackInfo& info);

  /// Each returns 0 or errno, `failed_` names the call.
  int open();
  int makeSocket();
  int attach(int index);
  int bindTo(int index);
  void shut();
  void closeAll() override;
  bool isOpen() const override { return static_cast<bool>(control_); }

  uint32_t receiveBatch(uint32_t descriptors, uint32_t max) override;
  void giveBack() override;
  void sendMessages(uint32_t count) override;
  Counters countersNow() override;
  void reap();
  void kick();
  void lookAfterInterface(bool now) override;
  int pollFd() const override { return poll_.get(); }
  bool seesInput() const override { return true; }
  bool hasInput() const override { return socket_ && rx_.filled() != 0; }

  uint32_t umem_ = 0;
  uint32_t chunks_ = 0;
  uint32_t queue_ = 0;
  bool isNative_ = false;
  int index_ = 0;
  /// Chunks of the last batch, to be given back.
  std::vector<uint64_t> pending_;
  std::vector<uint64_t> free_;
  /// For questions about the interface, in its namespace.
  Fd control_;
  Fd map_;
  Fd link_;
  Fd socket_;
  /// The socket's number for those who poll it: stays the same when the socket is made anew.
  Fd poll_;
  XdpRing fill_, completion_, rx_, tx_;
};

}  // namespace softipu
