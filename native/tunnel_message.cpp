// Several segments of an encapsulated GSO packet in one message; see tunnel_message.h.
#include "tunnel_message.h"

#include <algorithm>

#include "checksum.h"

namespace softipu {

uint32_t TunnelMessage::build(const Segmenter& segmenter, uint32_t first, const uint8_t* frame, const IpLayer& outermost) {
  auto ipAt = static_cast<uint32_t>(outermost.ip - frame);
  auto udpAt = static_cast<uint32_t>(outermost.l4 - frame);
  uint32_t outerBytes = udpAt + 8;
  if (outerBytes >= segmenter.headerBytes()) return 0;
  uint32_t innerBytes = segmenter.headerBytes() - outerBytes;
  uint32_t perSegment = innerBytes + segmenter.payloadBytes(first);
  uint32_t count = std::min({capacity, segmenter.segments() - first, (65535 - (outerBytes - ipAt)) / perSegment});
  if (count < 2) return 0;
  vnet_ = {vnetNeedsCsum, gsoUdpL4, static_cast<uint16_t>(outerBytes), static_cast<uint16_t>(perSegment), static_cast<uint16_t>(udpAt), 6};
  partCount_ = 0;
  bytes_ = 0;
  add(&vnet_, vnetBytes);
  for (uint32_t i = 0; i < count; i++) {
    segmenter.writeHeaders(first + i, headers_[i]);
    uint32_t skip = i == 0 ? 0 : outerBytes;
    add(headers_[i] + skip, segmenter.headerBytes() - skip);
    add(segmenter.payload(first + i), segmenter.payloadBytes(first + i));
  }
  // The outer headers speak of the whole train; its checksum is finished for each datagram by whoever cuts it up.
  uint8_t* outer = headers_[0];
  uint32_t udpBytes = bytes_ - vnetBytes - udpAt;
  patchIp(outer + ipAt, outermost.version, bytes_ - vnetBytes - ipAt, 0);
  storeBE16(outer + udpAt + 4, udpBytes);
  store16(outer + udpAt + 6, fold(sumPseudoHeader(outer + ipAt, outermost.version, protocolUdp, udpBytes)));
  return count;
}

}  // namespace softipu
