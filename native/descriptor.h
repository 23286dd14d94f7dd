// The packet descriptor as src/arena/layout.ts describes it (`descriptor`), and what a port counts (`PortStats` of src/engine/port.ts).
// The loader in src/ports/native.ts compares the offsets before it uses the addon.
#pragma once

#include <cstddef>
#include <cstdint>

namespace softipu {

struct Descriptor {
  uint32_t addr;
  uint32_t length;
  uint32_t inPort;
  uint32_t outPort;
  uint32_t bufferStart;
  uint32_t bufferEnd;
  uint32_t csumAddr;
  uint16_t csumOffset;
  uint8_t gsoType;
  uint8_t flags;
  uint16_t gsoSize;
  uint16_t l4Sum;
  uint32_t reason;
  uint32_t buffer;
  uint32_t portData;
  uint32_t unused[4];
};
static_assert(sizeof(Descriptor) == 64, "one cache line");

/// `outPort` of a packet that goes nowhere.
constexpr uint32_t noPort = 0xffffffff;

/// In the order of `counterNames` in src/ports/native.ts.
struct Counters {
  uint64_t rxPackets = 0;
  uint64_t rxBytes = 0;
  uint64_t txPackets = 0;
  uint64_t txBytes = 0;
  uint64_t rxDropsRing = 0;
  uint64_t rxDropsInvalid = 0;
  uint64_t txDropsFull = 0;
  uint64_t txDropsTooBig = 0;
  uint64_t txDropsDown = 0;
  uint64_t txErrors = 0;
};
constexpr size_t counterCount = sizeof(Counters) / sizeof(uint64_t);

enum class State : uint32_t { up = 0, down = 1, gone = 2 };

}  // namespace softipu
