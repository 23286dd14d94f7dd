// Buffers for whole GSO frames, the start of a descriptor, and the VLAN tag that the kernel takes out of a frame.
#pragma once

#include <cstring>

#include "checksum.h"
#include "descriptor.h"

namespace softipu {

/// A frame of 64 KiB with its link header and headroom in front; 17 pages. As `largeSlot` in src/ports/buffers.ts.
constexpr uint32_t largeSlotBytes = 69632;
constexpr uint32_t largeSlotHeadroom = 256;

inline void startDescriptor(Descriptor& d, uint32_t port, uint32_t addr, uint32_t length, uint32_t bufferStart, uint32_t bufferEnd) {
  d.addr = addr;
  d.length = length;
  d.inPort = port;
  d.outPort = noPort;
  d.bufferStart = bufferStart;
  d.bufferEnd = bufferEnd;
  d.flags = 0;
  d.reason = 0;
  d.buffer = 0;
  d.portData = 0;
}

/// Puts back a tag that the kernel had taken out of the frame, in the headroom: behind the MAC addresses.
inline void restoreVlanTag(Descriptor& d, uint8_t* arena, uint16_t tci, uint16_t type) {
  uint8_t* frame = arena + d.addr;
  memmove(frame - 4, frame, 12);
  storeBE16(frame + 8, type);
  storeBE16(frame + 10, tci);
  d.addr -= 4;
  d.length += 4;
}

}  // namespace softipu
