// Finds IP and L4 headers in a frame; see headers.h.
#include "headers.h"

#include "checksum.h"

namespace softipu {
namespace {

constexpr uint16_t etherIpv4 = 0x0800;
constexpr uint16_t etherIpv6 = 0x86dd;
constexpr uint16_t etherVlan = 0x8100;
constexpr uint16_t etherServiceVlan = 0x88a8;

bool readIpv4(uint8_t* ip, uint8_t* end, IpLayer& layer) {
  if (end - ip < 20 || ip[0] >> 4 != 4) return false;
  uint32_t headerBytes = (ip[0] & 15u) * 4;
  if (headerBytes < 20 || end - ip < static_cast<ptrdiff_t>(headerBytes)) return false;
  layer = {ip, 4, ip[9], ip + headerBytes};
  return true;
}

bool readIpv6(uint8_t* ip, uint8_t* end, IpLayer& layer) {
  if (end - ip < 40 || ip[0] >> 4 != 6) return false;
  uint8_t next = ip[6];
  uint8_t* at = ip + 40;
  // Hop-by-hop options, routing, destination options: RFC 8200 section 4.
  while (next == 0 || next == 43 || next == 60) {
    if (end - at < 8) return false;
    uint32_t bytes = (at[1] + 1u) * 8;
    if (end - at < static_cast<ptrdiff_t>(bytes)) return false;
    next = at[0];
    at += bytes;
  }
  layer = {ip, 6, next, at};
  return true;
}

}  // namespace

bool findOutermostIp(uint8_t* frame, uint8_t* end, IpLayer& layer) {
  uint8_t* type = frame + 12;
  while (end - type >= 2) {
    uint16_t ether = loadBE16(type);
    if (ether == etherVlan || ether == etherServiceVlan) {
      type += 4;
      continue;
    }
    if (ether == etherIpv4) return readIpv4(type + 2, end, layer);
    if (ether == etherIpv6) return readIpv6(type + 2, end, layer);
    return false;
  }
  return false;
}

bool findIpBefore(uint8_t* frame, uint8_t* l4, uint8_t* end, uint8_t protocol, IpLayer& layer) {
  // IPv4 with 0 to 10 words of options.
  for (ptrdiff_t back = 20; back <= 60 && l4 - frame >= back; back += 4) {
    uint8_t* ip = l4 - back;
    if (ip[0] != (0x40 | back / 4) || ip[9] != protocol) continue;
    if (loadBE16(ip + 2) == static_cast<uint16_t>(end - ip)) return readIpv4(ip, end, layer);
  }
  // IPv6 with up to 64 bytes of extension headers.
  for (ptrdiff_t back = 40; back <= 104 && l4 - frame >= back; back += 8) {
    uint8_t* ip = l4 - back;
    if (ip[0] >> 4 != 6 || loadBE16(ip + 4) != static_cast<uint16_t>(end - ip - 40)) continue;
    if (readIpv6(ip, end, layer) && layer.l4 == l4 && layer.protocol == protocol) return true;
  }
  return false;
}

uint32_t l4HeaderBytes(const uint8_t* l4, uint32_t checksumOffset, uint32_t available) {
  uint32_t bytes = checksumOffset + 2;
  if (checksumOffset == 6) bytes = 8;
  if (checksumOffset == 16 && available >= 20) {
    bytes = (l4[12] >> 4) * 4u;
    if (bytes < 20) bytes = 20;
  }
  return bytes <= available ? bytes : available & ~1u;
}

}  // namespace softipu
