// Offload metadata between the kernel's 10-byte virtio_net_hdr and descriptors, both ways.
//
// The kernel's form of a partial checksum: the field holds the folded, not complemented sum of the pseudo header. The descriptor's form
// (src/engine/port.ts): the field holds the complement of that, so that a program may update it incrementally like any checksum (RFC 1624), and
// `l4Sum` remembers the sum of the L4 header without the field. On the way out the field becomes
// fold(~field - (sum of the L4 header now - l4Sum)): all changes but those of the pseudo header are taken back, because the
// sum over L4 header and payload is still to come.
#pragma once

#include <cstdint>

#include "descriptor.h"
#include "headers.h"

namespace softipu {

/// struct virtio_net_hdr of the virtio specification 1.2, section 5.1.6 (<linux/virtio_net.h> is no C++).
struct VnetHeader {
  uint8_t flags;
  uint8_t gsoType;
  uint16_t headerBytes;
  uint16_t gsoSize;
  uint16_t csumStart;
  uint16_t csumOffset;
};
constexpr uint32_t vnetBytes = sizeof(VnetHeader);
constexpr uint8_t vnetNeedsCsum = 1;
constexpr uint8_t gsoNone = 0, gsoTcpV4 = 1, gsoTcpV6 = 4, gsoUdpL4 = 5;
/// Flag beside the type: TCP with congestion window reduced.
constexpr uint8_t gsoEcn = 0x80;
static_assert(vnetBytes == 10, "PACKET_VNET_HDR without mergeable buffers");

/// Fills the offload part of a descriptor from the kernel's header and turns the partial checksum into the descriptor's form.
/// `csumBase` is what csum_start counts from. Ill-formed metadata is dropped; SCTP's CRC, which no virtio_net_hdr can describe, is completed.
void receiveOffload(Descriptor& descriptor, uint8_t* arena, uint32_t csumBase, const VnetHeader& header);

/// True if the descriptor's partial checksum still lies within the packet (a program may have stripped or cut it off).
bool hasPartialChecksum(const Descriptor& descriptor);

/// The partial checksum in the kernel's form: the pseudo header's sum as it is now.
uint16_t partialChecksum(const Descriptor& descriptor, const uint8_t* arena);

/// The complete checksum of the L4 message at `l4`, with `pseudo` being the pseudo header's sum; never 0 for UDP.
uint16_t completeChecksum(const uint8_t* l4, uint32_t bytes, uint32_t checksumOffset, uint64_t pseudo);

}  // namespace softipu
