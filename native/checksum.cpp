// Internet checksum and CRC32c; see checksum.h.
#include "checksum.h"

namespace softipu {

uint64_t sumBytes(const uint8_t* bytes, size_t count) {
  uint64_t sum = 0;
  // 32-bit words in a 64-bit accumulator: no carry to look after below 4 GiB, and the compiler vectorises it.
  while (count >= 4) {
    uint32_t word;
    memcpy(&word, bytes, 4);
    sum += word;
    bytes += 4;
    count -= 4;
  }
  if (count >= 2) {
    sum += load16(bytes);
    bytes += 2;
    count -= 2;
  }
  if (count != 0) {
    uint8_t last[2] = {bytes[0], 0};
    sum += load16(last);
  }
  return sum;
}

uint64_t sumPseudoHeader(const uint8_t* ip, int version, uint8_t protocol, uint32_t length) {
  uint64_t sum = version == 4 ? sumBytes(ip + 12, 8) : sumBytes(ip + 8, 32);
  return sum + networkOrder(protocol) + networkOrder(length >> 16) + networkOrder(length & 0xffff);
}

namespace {
struct Crc32cTable {
  uint32_t entry[256];
  constexpr Crc32cTable() : entry() {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
      entry[i] = crc;
    }
  }
};
constexpr Crc32cTable crcTable;
}  // namespace

uint32_t crc32c(const uint8_t* bytes, size_t count) {
  uint32_t crc = 0xffffffff;
  while (count-- != 0) crc = (crc >> 8) ^ crcTable.entry[(crc ^ *bytes++) & 0xff];
  return ~crc;
}

}  // namespace softipu
