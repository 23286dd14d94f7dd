// Clocks without a system call: exact, and a coarser one with a few milliseconds of error.
#pragma once

#include <cstdint>
#include <ctime>

namespace softipu {

inline uint64_t coarseNowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t nowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

/// How often a port looks whether its interface is there and up.
constexpr uint64_t lookIntervalNs = 100'000'000;

}  // namespace softipu
