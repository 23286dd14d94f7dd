// Offload metadata between virtio_net_hdr and descriptors; see offload.h.
#include "offload.h"

#include "checksum.h"

namespace softipu {
namespace {

/// Sum of the L4 header without its checksum field.
uint64_t sumL4Header(const uint8_t* l4, uint32_t checksumOffset, uint32_t available) {
  uint64_t sum = sumBytes(l4, l4HeaderBytes(l4, checksumOffset, available));
  return sum + static_cast<uint16_t>(~load16(l4 + checksumOffset));
}

void completeSctp(uint8_t* l4, uint32_t bytes) {
  memset(l4 + 8, 0, 4);
  uint32_t crc = crc32c(l4, bytes);
  memcpy(l4 + 8, &crc, 4);
}

}  // namespace

void receiveOffload(Descriptor& d, uint8_t* arena, uint32_t csumBase, const VnetHeader& header) {
  d.csumAddr = 0;
  d.csumOffset = 0;
  d.gsoType = header.gsoType;
  d.gsoSize = header.gsoType == gsoNone ? 0 : header.gsoSize;
  d.l4Sum = 0;
  uint8_t* frame = arena + d.addr;
  uint8_t* end = frame + d.length;
  uint8_t* l4;
  uint32_t offset;
  bool isPartial = (header.flags & vnetNeedsCsum) != 0;
  if (isPartial) {
    l4 = arena + csumBase + header.csumStart;
    offset = header.csumOffset;
  } else if (d.gsoType != gsoNone) {
    // A GSO frame with complete checksum: made partial, so that from here on there is one kind.
    IpLayer layer;
    if (!findOutermostIp(frame, end, layer)) return;
    l4 = layer.l4;
    offset = layer.protocol == protocolTcp ? 16 : 6;
    if (end - l4 < static_cast<ptrdiff_t>(offset + 2)) return;
    store16(l4 + offset, fold(sumPseudoHeader(layer.ip, layer.version, layer.protocol, static_cast<uint32_t>(end - l4))));
  } else {
    return;
  }
  if (l4 < frame || end - l4 < static_cast<ptrdiff_t>(offset + 2)) {
    d.gsoType = gsoNone;
    return;
  }
  auto available = static_cast<uint32_t>(end - l4);
  IpLayer outer;
  if (offset == 8 && available >= 12 && findOutermostIp(frame, end, outer) && outer.protocol == protocolSctp && outer.l4 == l4) {
    completeSctp(l4, available);
    return;
  }
  d.csumAddr = static_cast<uint32_t>(l4 - arena);
  d.csumOffset = static_cast<uint16_t>(offset);
  d.l4Sum = fold(sumL4Header(l4, offset, available));
  uint16_t complement = static_cast<uint16_t>(~load16(l4 + offset));
  // 0 and 0xffff are the same sum; 0 would look like "no checksum" in UDP.
  store16(l4 + offset, complement == 0 ? 0xffff : complement);
}

bool hasPartialChecksum(const Descriptor& d) {
  return d.csumAddr >= d.addr && d.csumAddr != 0 && d.csumAddr + d.csumOffset + 2u <= d.addr + d.length;
}

uint16_t partialChecksum(const Descriptor& d, const uint8_t* arena) {
  const uint8_t* l4 = arena + d.csumAddr;
  uint16_t now = fold(sumL4Header(l4, d.csumOffset, d.addr + d.length - d.csumAddr));
  uint16_t field = load16(l4 + d.csumOffset);
  // ~field - (now - l4Sum), each subtraction being the addition of the complement.
  return fold(static_cast<uint64_t>(static_cast<uint16_t>(~field)) + static_cast<uint16_t>(~now) + d.l4Sum);
}

uint16_t completeChecksum(const uint8_t* l4, uint32_t bytes, uint32_t checksumOffset, uint64_t pseudo) {
  uint64_t sum = pseudo + sumBytes(l4, bytes) + static_cast<uint16_t>(~load16(l4 + checksumOffset));
  auto checksum = static_cast<uint16_t>(~fold(sum));
  return checksum == 0 && checksumOffset == 6 ? 0xffff : checksum;
}

}  // namespace softipu
