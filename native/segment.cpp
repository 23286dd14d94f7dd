// Software segmentation of encapsulated GSO packets; see segment.h.
#include "segment.h"

#include "checksum.h"
#include "offload.h"

namespace softipu {
namespace {

constexpr uint8_t tcpFin = 0x01, tcpPsh = 0x08, tcpCwr = 0x80;

}  // namespace

void patchIp(uint8_t* ip, int version, uint32_t bytes, uint32_t index) {
  if (version == 6) {
    storeBE16(ip + 4, bytes - 40);
    return;
  }
  storeBE16(ip + 2, bytes);
  storeBE16(ip + 4, loadBE16(ip + 4) + index);
  store16(ip + 10, 0);
  store16(ip + 10, static_cast<uint16_t>(~fold(sumBytes(ip, (ip[0] & 15u) * 4))));
}

bool Segmenter::begin(const Descriptor& d, uint8_t* arena, const IpLayer* outermost) {
  uint8_t kind = d.gsoType & static_cast<uint8_t>(~gsoEcn);
  bool isTcp = kind == gsoTcpV4 || kind == gsoTcpV6;
  if (!isTcp && kind != gsoUdpL4) return false;
  frame_ = arena + d.addr;
  uint8_t* end = frame_ + d.length;
  uint8_t* l4 = arena + d.csumAddr;
  checksumOffset_ = d.csumOffset;
  if (checksumOffset_ != (isTcp ? 16 : 6)) return false;
  if (!findIpBefore(frame_, l4, end, isTcp ? protocolTcp : protocolUdp, inner_)) return false;
  auto available = static_cast<uint32_t>(end - l4);
  if (available < (isTcp ? 20u : 8u)) return false;
  headerBytes_ = static_cast<uint32_t>(l4 - frame_) + l4HeaderBytes(l4, checksumOffset_, available);
  payloadTotal_ = d.length - headerBytes_;
  gsoSize_ = d.gsoSize;
  if (headerBytes_ > maxSegmentHeaders || gsoSize_ == 0) return false;
  segments_ = payloadTotal_ == 0 ? 1 : (payloadTotal_ + gsoSize_ - 1) / gsoSize_;
  hasOuter_ = outermost != nullptr && outermost->ip < inner_.ip;
  if (hasOuter_) outer_ = *outermost;
  // Options of the outer header that run into the inner one: nobody's packet.
  if (hasOuter_ && outer_.l4 > inner_.ip) return false;
  return segments_ <= maxSegments;
}

void Segmenter::writeHeaders(uint32_t index, uint8_t* out) const {
  memcpy(out, frame_, headerBytes_);
  const uint8_t* data = payload(index);
  uint32_t dataBytes = payloadBytes(index);
  uint32_t segmentBytes = headerBytes_ + dataBytes;
  bool isLast = index + 1 == segments_;

  auto innerAt = static_cast<uint32_t>(inner_.ip - frame_);
  auto l4At = static_cast<uint32_t>(inner_.l4 - frame_);
  uint8_t* l4 = out + l4At;
  patchIp(out + innerAt, inner_.version, segmentBytes - innerAt, index);
  if (inner_.protocol == protocolTcp) {
    storeBE32(l4 + 4, loadBE32(l4 + 4) + index * gsoSize_);
    if (!isLast) l4[13] &= static_cast<uint8_t>(~(tcpFin | tcpPsh));
    if (index != 0) l4[13] &= static_cast<uint8_t>(~tcpCwr);
  } else {
    storeBE16(l4 + 4, segmentBytes - l4At);
  }
  // The L4 header has an even length, so the sum of header and payload is the sum of their sums.
  uint64_t pseudo = sumPseudoHeader(out + innerAt, inner_.version, inner_.protocol, segmentBytes - l4At);
  store16(l4 + checksumOffset_, completeChecksum(l4, headerBytes_ - l4At, checksumOffset_, pseudo + sumBytes(data, dataBytes)));

  if (!hasOuter_) return;
  auto outerAt = static_cast<uint32_t>(outer_.ip - frame_);
  auto outerL4At = static_cast<uint32_t>(outer_.l4 - frame_);
  patchIp(out + outerAt, outer_.version, segmentBytes - outerAt, index);
  if (outer_.protocol != protocolUdp || outerL4At + 8 > headerBytes_) return;
  uint8_t* udp = out + outerL4At;
  storeBE16(udp + 4, segmentBytes - outerL4At);
  store16(udp + 6, tunnelUdpChecksum(outer_, udp, headerBytes_ - outerL4At, data, dataBytes));
}

uint16_t tunnelUdpChecksum(const IpLayer& outer, const uint8_t* udp, uint32_t udpBytesHere, const uint8_t* rest, uint32_t restBytes) {
  uint16_t field = load16(udp + 6);
  if (field == 0) return 0;
  uint16_t restSum = fold(sumBytes(rest, restBytes));
  // A part that starts at an odd offset counts with its bytes swapped (RFC 1071 section 2 B).
  if ((udpBytesHere & 1) != 0) restSum = __builtin_bswap16(restSum);
  uint64_t pseudo = sumPseudoHeader(outer.ip, outer.version, protocolUdp, udpBytesHere + restBytes);
  return completeChecksum(udp, udpBytesHere, 6, pseudo + restSum);
}

}  // namespace softipu
