// Traffic for benchmarks: a packet generator, a server and its clients. All calls block their thread: they are made in a process of their own
// (src/cli/bench/agents/), never in one that forwards packets.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "binding.h"

namespace softipu {

/// What the first byte of a connection asks the traffic server for.
enum class Service : char {
  /// Everything comes back.
  echo = 'e',
  /// Everything is read and forgotten.
  discard = 'd',
  /// One byte comes back, then the server closes.
  once = 'o',
};

inline uint64_t threadCpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t monotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

/// IPv4 address and port as the system calls take them.
sockaddr_in socketAddress(const std::string& address, uint32_t port);

void defineGenerator(Napi::Env env, Napi::Object& exports);
void defineTrafficServer(Napi::Env env, Napi::Object& exports);
void defineTrafficClient(Napi::Env env, Napi::Object& exports);

}  // namespace softipu
