// What leaves a port: descriptors become messages of [virtio_net_hdr | frame], sent in batches straight from the arena.
//
// Per packet one of three ways, chosen by where the partial checksum's L4 header lies (offload.h):
//   outermost    the kernel finishes it: header with NEEDS_CSUM and GSO metadata; a GSO packet that the device does not take is segmented here
//   encapsulated the checksum is completed here, a GSO packet is segmented here (segment.h), in trains where the tunnel is UDP (tunnel_message.h)
//   none         an empty header
// The header is written right before the frame where the packet's headroom allows, else it is a part of its own.
// After a batch was sent each packet is as it was: changed checksum fields are put back, so that one buffer may go to several ports.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "descriptor.h"
#include "headers.h"
#include "offload.h"
#include "segment.h"
#include "tunnel_message.h"

namespace softipu {

class Outbox {
 public:
  virtual ~Outbox() = default;

 protected:
  static constexpr uint32_t capacity = 64;

  Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Sends the packets whose descriptors' addresses (u32) lie at arena + list.
  void sendAll(uint8_t* arena, uint32_t list, uint32_t count);
  /// Sends messages 0 .. count - 1 and counts each one, sent or dropped.
  virtual void sendMessages(uint32_t count) = 0;

  mmsghdr* message(uint32_t index) { return &messages_[index]; }
  /// Whether message `index` is a GSO packet that we can cut ourselves; not a train of segments.
  bool isWholeGso(uint32_t index) const { return isGso(index) && described_[index] != nullptr; }
  bool isUdpGso(uint32_t index) const { return described_[index] != nullptr && described_[index]->gsoType == gsoUdpL4; }
  /// Message `index` was refused: it follows in segments.
  void sendInSegments(uint32_t index) { refused_[refusedCount_++] = described_[index]; }
  bool isGso(uint32_t index) const { return static_cast<const uint8_t*>(messages_[index].msg_hdr.msg_iov[0].iov_base)[1] != 0; }
  void countSent(uint32_t index) {
    counters_.txPackets++;
    counters_.txBytes += messageBytes_[index] - vnetBytes;
  }
  uint32_t messageBytes(uint32_t index) const { return messageBytes_[index]; }
  Counters counters_;
  /// Whether the kernel finishes checksums and segments; if not, it is done here.
  bool hasOffloads_ = true;
  /// Whether the device, too, takes GSO packets: without TSO, as the peer of an interface with native XDP, a packet socket's are refused.
  bool takesGso_ = true;

 private:
  struct Undo {
    uint8_t* at;
    uint16_t value;
  };

  void add(Descriptor& descriptor, uint8_t* arena);
  void addSegments(const Segmenter& segmenter, const uint8_t* frame, const IpLayer* outermost);
  uint32_t sendTrain(const Segmenter& segmenter, uint32_t first, const uint8_t* frame, const IpLayer& outermost);
  void segment(const Descriptor& descriptor, uint8_t* arena, const IpLayer* outermost);
  void push(Descriptor& descriptor, uint8_t* arena, const VnetHeader& header);
  void sendRefused();
  void replace(uint8_t* at, uint16_t value);
  void flush();

  uint32_t used_ = 0;
  uint32_t undos_ = 0;
  mmsghdr messages_[capacity];
  iovec parts_[capacity][2];
  uint32_t messageBytes_[capacity];
  uint8_t* arena_ = nullptr;
  /// Of the messages that are whole packets.
  const Descriptor* described_[capacity];
  const Descriptor* refused_[capacity];
  uint32_t refusedCount_ = 0;
  Undo undo_[2 * capacity];
  /// Until the kernel refuses one.
  bool takesTrains_ = true;
  TunnelMessage train_;
  uint8_t scratch_[capacity][vnetBytes + maxSegmentHeaders];
};

}  // namespace softipu
