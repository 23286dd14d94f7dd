// AF_PACKET port: TPACKET_V2 receive ring mapped into the arena, sendmmsg straight from there.
//
// A slot of the ring, frameBytes long (2048 by default):
//
//   0     tpacket2_hdr    tp_status says who owns the slot: the kernel, or we until release
//   64    headroom        bufferStart; room for pushed headers (slotReserve more than the kernel takes by itself)
//   tp_mac - 10           virtio_net_hdr
//   tp_mac  frame         .. bufferEnd = end of the slot
//
// A frame that does not fit (GSO) is queued by the kernel in full beside the ring (PACKET_COPY_THRESH, TP_STATUS_COPY) and fetched in
// ring order into a pool of large slots behind the ring. Slots go back to the kernel in order, all those of a batch at once.
// The interface may go down (the kernel resumes by itself) or vanish (the socket is bound again when the name is back).
#pragma once

#include "native_port.h"

namespace softipu {

class PacketPort final : public NativePort<PacketPort> {
 public:
  explicit PacketPort(const Napi::CallbackInfo& info);
  ~PacketPort() override { closeAll(); }

 private:
  friend Napi::Function definePacketPort(Napi::Env env);

  Napi::Value isIsolated(const Napi::CallbackInfo& info);

  /// Each returns 0 or errno, `failed_` names the call.
  int open(const std::string& netnsPath);
  int configureSocket();
  int makeRing();
  int bindTo(int index);
  int openSocket(int& index);
  bool reopen();
  int option(int level, int name, int value, const char* what);
  void isolate();
  void closeAll() override;
  bool isOpen() const override { return static_cast<bool>(socket_); }

  uint32_t receiveBatch(uint32_t descriptors, uint32_t max) override;
  bool describeRingFrame(Descriptor& d, uint8_t* slot);
  bool fetchLargeFrame(Descriptor& d, uint16_t vlanTci, uint16_t vlanType, bool hasVlan);
  void giveBack() override;
  void lookAfterInterface(bool now) override;
  void sendMessages(uint32_t count) override;
  Counters countersNow() override;
  int pollFd() const override { return socket_.get(); }
  bool seesInput() const override { return true; }
  bool hasInput() const override;

  uint8_t* slotAt(uint32_t index) const { return ring_ + static_cast<size_t>(index) * frameBytes_; }

  uint8_t* ring_ = nullptr;
  uint32_t frames_ = 0;
  uint32_t frameBytes_ = 0;
  uint32_t pool_ = 0;
  uint32_t poolSlots_ = 0;
  uint32_t head_ = 0;
  uint32_t pending_ = 0;
  uint32_t poolUsed_ = 0;
  bool wantsIsolation_ = false;
  /// What the kernel's stack keeps all the same; 0: nothing.
  uint32_t keptUdpPort_ = 0;
  /// Group of the sockets, one per worker, among which the kernel spreads the flows; 0: we are alone.
  uint32_t fanout_ = 0;
  /// The group was not ours to join: others' sockets are still bound to an interface that is gone.
  bool mustReopen_ = false;
  Fd link_;
  Fd socket_;
  RingMapping mapping_;
};

}  // namespace softipu
