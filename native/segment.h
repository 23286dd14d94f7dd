// Software segmentation of encapsulated GSO packets.
//
// A packet socket takes a GSO frame only if the L4 header it speaks of is the outermost one; with VXLAN, Geneve, GRE or IP in front the kernel
// drops it (reference: virtio_net_hdr has no word for tunnels). So such a packet is cut here: each segment carries all headers,
// patched in lengths, IPv4 identification, TCP sequence and flags, checksums; the payload is sent from where it lies.
// Invariant: exactly two IP headers are patched, the outermost and the one in front of the segmented L4 header.
#pragma once

#include <cstdint>

#include "descriptor.h"
#include "headers.h"

namespace softipu {

/// Longest headers (outer and inner together) that a segment can have.
constexpr uint32_t maxSegmentHeaders = 320;
/// More segments than that are an attack, not a packet: 64 KiB in pieces of less than 64 bytes.
constexpr uint32_t maxSegments = 1024;

class Segmenter {
 public:
  /// False if the packet cannot be segmented: unknown GSO type, no IP header, headers too long, too many segments.
  bool begin(const Descriptor& descriptor, uint8_t* arena, const IpLayer* outermost);

  uint32_t segments() const { return segments_; }
  uint32_t headerBytes() const { return headerBytes_; }
  uint8_t* payload(uint32_t index) const { return frame_ + headerBytes_ + index * gsoSize_; }
  uint32_t payloadBytes(uint32_t index) const { return index + 1 < segments_ ? gsoSize_ : payloadTotal_ - index * gsoSize_; }
  /// Writes the headers of segment `index` to `out` (headerBytes() bytes).
  void writeHeaders(uint32_t index, uint8_t* out) const;

 private:
  uint8_t* frame_ = nullptr;
  uint32_t headerBytes_ = 0;
  uint32_t payloadTotal_ = 0;
  uint32_t gsoSize_ = 0;
  uint32_t segments_ = 0;
  uint32_t checksumOffset_ = 0;
  bool hasOuter_ = false;
  IpLayer outer_;
  IpLayer inner_;
};

/// Writes lengths, identification (that in the header plus `index`) and checksum of the IP header at `ip` of a packet with `bytes` from there to its end.
void patchIp(uint8_t* ip, int version, uint32_t bytes, uint32_t index);

/// Computes the checksum of a tunnel's UDP header at `udp` anew, if it has one (0 is none); returns it.
uint16_t tunnelUdpChecksum(const IpLayer& outer, const uint8_t* udp, uint32_t udpBytesHere, const uint8_t* rest, uint32_t restBytes);

}  // namespace softipu
