// Finds IP and L4 headers in a frame, from the outside in and from a known L4 header backwards.
#pragma once

#include <cstdint>

namespace softipu {

constexpr uint8_t protocolTcp = 6;
constexpr uint8_t protocolUdp = 17;
constexpr uint8_t protocolSctp = 132;

/// An IP header with what it carries.
struct IpLayer {
  uint8_t* ip = nullptr;
  int version = 0;
  uint8_t protocol = 0;
  uint8_t* l4 = nullptr;
};

/// The outermost IP header of an Ethernet frame, behind VLAN tags; false if there is none.
bool findOutermostIp(uint8_t* frame, uint8_t* end, IpLayer& layer);

/// The IP header right in front of the L4 header at `l4`, whatever encapsulations lie before it: recognised by its version, its protocol and
/// a length that ends at the frame's end (or that has wrapped at 64 KiB in a GSO frame). False if there is none.
bool findIpBefore(uint8_t* frame, uint8_t* l4, uint8_t* end, uint8_t protocol, IpLayer& layer);

/// Bytes of the TCP or UDP header at `l4` (told apart by where its checksum field lies), or just enough to hold the checksum field.
uint32_t l4HeaderBytes(const uint8_t* l4, uint32_t checksumOffset, uint32_t available);

}  // namespace softipu
