// TAP port: an interface of our own making, read and written through /dev/net/tun with a virtio_net_hdr per frame.
//
// Frames are read into large slots in the arena (buffers.h), one per packet of a batch, always from the first: a small batch stays in the cache.
// The peer is the kernel's stack itself, so checksum and segmentation offloads are switched on (TUNSETOFFLOAD).
#pragma once

#include "binding.h"
#include "interface.h"
#include "outbox.h"
#include "owned.h"
#include "pollable.h"

namespace softipu {

class TapPort final : public Napi::ObjectWrap<TapPort>, private Closable, private Outbox, private Pollable {
 public:
  explicit TapPort(const Napi::CallbackInfo& info);
  ~TapPort() override { closeAll(); }

 private:
  friend Napi::Function defineTapPort(Napi::Env env);

  Napi::Value receive(const Napi::CallbackInfo& info);
  void transmit(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);
  void readCounters(const Napi::CallbackInfo& info);
  Napi::Value state(const Napi::CallbackInfo& info);
  Napi::Value fd(const Napi::CallbackInfo& info);
  Napi::Value pollable(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  int open();
  int attach();
  void closeAll() override;
  uint32_t receiveBatch(uint32_t descriptors, uint32_t max);
  void lookAfterInterface(bool now);
  void vanish();
  void sendMessages(uint32_t count) override;
  int pollFd() const override { return tun_.get(); }
  bool seesInput() const override { return false; }
  bool hasInput() const override { return false; }

  Napi::Env env_;
  Napi::ObjectReference memory_;
  uint8_t* arena_ = nullptr;
  uint32_t pool_ = 0;
  uint32_t poolSlots_ = 0;
  uint32_t used_ = 0;
  uint32_t number_ = 0;
  std::string name_;
  /// Other workers have queues of the same interface.
  bool hasQueues_ = false;
  const char* failed_ = "";
  State state_ = State::up;
  uint64_t nextLookNs_ = 0;
  Fd netns_;
  /// For questions about the interface, in its namespace.
  Fd control_;
  Fd tun_;
};

}  // namespace softipu
