// TAP port: an interface of our own making, read and written through /dev/net/tun with a virtio_net_hdr per frame.
//
// Frames are read into large slots in the arena (buffers.h), one per packet of a batch, always from the first: a small batch stays in the cache.
// The peer is the kernel's stack itself, so checksum and segmentation offloads are switched on (TUNSETOFFLOAD).
#pragma once

#include "native_port.h"

namespace softipu {

class TapPort final : public NativePort<TapPort> {
 public:
  explicit TapPort(const Napi::CallbackInfo& info);
  ~TapPort() override { closeAll(); }

 private:
  friend Napi::Function defineTapPort(Napi::Env env);


  int open();
  int attach();
  void closeAll() override;
  bool isOpen() const override { return static_cast<bool>(tun_); }
  uint32_t receiveBatch(uint32_t descriptors, uint32_t max) override;
  void lookAfterInterface(bool now) override;
  void giveBack() override { used_ = 0; }
  void vanish();
  void sendMessages(uint32_t count) override;
  int pollFd() const override { return tun_.get(); }
  bool seesInput() const override { return false; }
  bool hasInput() const override { return false; }

  uint32_t pool_ = 0;
  uint32_t poolSlots_ = 0;
  uint32_t used_ = 0;
  /// Other workers have queues of the same interface.
  bool hasQueues_ = false;
  /// For questions about the interface, in its namespace.
  Fd control_;
  Fd tun_;
};

}  // namespace softipu
