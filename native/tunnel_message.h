// Several segments of an encapsulated GSO packet in one message, as UDP datagrams that the kernel keeps together.
//
// The kernel takes no GSO packet behind a tunnel's headers (segment.h), but it takes a train of UDP datagrams of one length (UDP_L4, Linux 6.2).
// The segments of a tunnelled stream are just that:
//
//   vnet | outer Ethernet IP UDP | tunnel inner Ethernet IP TCP | data 0 | tunnel inner Ethernet IP TCP | data 1 | ...
//        |                       |<------------ gso_size ------------->|
//
// So the stack below is passed once per train instead of once per segment.
#pragma once

#include <sys/socket.h>

#include "headers.h"
#include "offload.h"
#include "segment.h"

namespace softipu {

class TunnelMessage {
 public:
  /// Whether packets with this outermost header can go this way at all.
  static bool fits(const IpLayer& outermost) { return outermost.protocol == protocolUdp; }

  /// Takes segments from number `first` on, as many as fit, and returns how many; 0 if fewer than two fit.
  uint32_t build(const Segmenter& segmenter, uint32_t first, const uint8_t* frame, const IpLayer& outermost);

  iovec* parts() { return parts_; }
  uint32_t partCount() const { return partCount_; }
  /// All of it, with the vnet header.
  uint32_t bytes() const { return bytes_; }

 private:
  /// UDP_MAX_SEGMENTS of older kernels.
  static constexpr uint32_t capacity = 64;

  void add(void* at, uint32_t bytes) {
    parts_[partCount_++] = {at, bytes};
    bytes_ += bytes;
  }

  VnetHeader vnet_;
  uint8_t headers_[capacity][maxSegmentHeaders];
  iovec parts_[1 + 2 * capacity];
  uint32_t partCount_ = 0;
  uint32_t bytes_ = 0;
};

}  // namespace softipu
