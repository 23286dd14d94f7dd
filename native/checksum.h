// Internet checksum (RFC 1071) and CRC32c (SCTP, RFC 9260 appendix A).
//
// A `sum` is the ones-complement sum of 16-bit words as they lie in memory: the byte order of the machine does not matter to it
// (RFC 1071 section 2 B), so sums are computed and stored without swapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace softipu {

inline uint16_t load16(const uint8_t* at) {
  uint16_t value;
  memcpy(&value, at, 2);
  return value;
}
inline void store16(uint8_t* at, uint16_t value) { memcpy(at, &value, 2); }
inline uint16_t loadBE16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline void storeBE16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline uint32_t loadBE32(const uint8_t* at) { return static_cast<uint32_t>(loadBE16(at)) << 16 | loadBE16(at + 2); }
inline void storeBE32(uint8_t* at, uint32_t value) {
  storeBE16(at, value >> 16);
  storeBE16(at + 2, value);
}
/// A 16-bit number as the word that it is in memory in network order.
inline uint16_t networkOrder(uint32_t value) { return __builtin_bswap16(static_cast<uint16_t>(value)); }

inline uint16_t fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

/// Sum of bytes, the last one padded with zero if their number is odd. Add such sums in 64 bits, then `fold`.
uint64_t sumBytes(const uint8_t* bytes, size_t count);

/// Sum of the pseudo header of an IPv4 or IPv6 header at `ip` for an L4 message of `length` bytes.
uint64_t sumPseudoHeader(const uint8_t* ip, int version, uint8_t protocol, uint32_t length);

/// CRC32c of bytes, in the form in which it stands in an SCTP header (little-endian).
uint32_t crc32c(const uint8_t* bytes, size_t count);

}  // namespace softipu
