// Clients of the traffic server: request-response round trips, new connections, bulk streams. Each call blocks until it is done.
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <thread>
#include <vector>

#include "interface.h"
#include "traffic.h"

namespace softipu {
namespace {

constexpr size_t streamWriteBytes = 128 * 1024;

struct Target {
  std::string netns;
  sockaddr_in address;

  explicit Target(const Napi::Object& options)
      : netns(stringOption(options, "netns")), address(socketAddress(stringOption(options, "address"), numberOption(options, "port"))) {}
};

/// A socket made in the namespace, with a time limit on every call; connected unless that failed (errno then).
Fd connectTo(const Target& target, int type) {
  Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  timeval limit = {1, 0};
  int one = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (type == SOCK_STREAM) setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&target.address), sizeof target.address) != 0) return Fd();
  return fd;
}

void begin(const Fd& fd, Service service) {
  char byte = static_cast<char>(service);
  if (write(fd.get(), &byte, 1) != 1) return;
}

double secondsSince(uint64_t start) { return static_cast<double>(monotonicNs() - start) / 1e9; }

/// roundTrips({ netns, protocol: 'tcp' | 'udp', address, port, bytes, seconds, gapUs }) -> { nanoseconds: Float64Array, lost, seconds }
Napi::Value roundTrips(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto options = info[0].As<Napi::Object>();
  Target target(options);
  bool isTcp = stringOption(options, "protocol") == "tcp";
  auto durationNs = static_cast<uint64_t>(options.Get("seconds").As<Napi::Number>().DoubleValue() * 1e9);
  uint32_t gapUs = numberOption(options, "gapUs");
  std::vector<char> message(numberOption(options, "bytes"));
  NetnsScope scope;
  int error = scope.enter(target.netns);
  Fd fd = error == 0 ? connectTo(target, isTcp ? SOCK_STREAM : SOCK_DGRAM) : Fd();
  if (!fd) {
    throwSystemError(env, "connect", error != 0 ? error : errno);
    return env.Undefined();
  }
  prctl(PR_SET_TIMERSLACK, 1000);
  if (isTcp) begin(fd, Service::echo);
  std::vector<double> times;
  times.reserve(1 << 16);
  uint32_t lost = 0;
  uint64_t start = monotonicNs();
  while (monotonicNs() - start < durationNs) {
    uint64_t sent = monotonicNs();
    ssize_t got = send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0 ? -1 : recv(fd.get(), message.data(), message.size(), isTcp ? MSG_WAITALL : 0);
    if (got == static_cast<ssize_t>(message.size())) times.push_back(static_cast<double>(monotonicNs() - sent));
    else lost++;
    if (isTcp && got <= 0) break;
    if (gapUs != 0) {
      timespec gap = {0, static_cast<long>(gapUs) * 1000};
      nanosleep(&gap, nullptr);
    }
  }
  Napi::Object result = Napi::Object::New(env);
  Napi::Float64Array samples = Napi::Float64Array::New(env, times.size());
  std::copy(times.begin(), times.end(), samples.Data());
  result.Set("nanoseconds", samples);
  result.Set("lost", lost);
  result.Set("seconds", secondsSince(start));
  return result;
}

struct ConnectionCounts {
  uint64_t done = 0;
  uint64_t failed = 0;
};

/// One thread's connections: connect, one byte there, one back, close. The server closes first, so that ports are free again here.
ConnectionCounts openConnections(const Target& target, uint64_t end) {
  ConnectionCounts counts;
  NetnsScope scope;
  if (scope.enter(target.netns) != 0) return counts;
  while (monotonicNs() < end) {
    char answer[2];
    Fd fd = connectTo(target, SOCK_STREAM);
    if (fd) begin(fd, Service::once);
    bool isAnswered = fd && read(fd.get(), answer, 1) == 1 && read(fd.get(), answer + 1, 1) == 0;
    if (isAnswered) counts.done++;
    else counts.failed++;
  }
  return counts;
}

/// connections({ netns, address, port, threads, seconds }) -> { done, failed, seconds }
Napi::Value connections(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto options = info[0].As<Napi::Object>();
  Target target(options);
  uint64_t start = monotonicNs();
  uint64_t end = start + static_cast<uint64_t>(options.Get("seconds").As<Napi::Number>().DoubleValue() * 1e9);
  std::vector<ConnectionCounts> counts(numberOption(options, "threads"));
  std::vector<std::thread> threads;
  for (ConnectionCounts& mine : counts) threads.emplace_back([&] { mine = openConnections(target, end); });
  for (std::thread& thread : threads) thread.join();
  ConnectionCounts total;
  for (const ConnectionCounts& one : counts) {
    total.done += one.done;
    total.failed += one.failed;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("done", static_cast<double>(total.done));
  result.Set("failed", static_cast<double>(total.failed));
  result.Set("seconds", secondsSince(start));
  return result;
}

/// Writes until `end`, then waits until the server has read all of it (it closes after our FIN). Returns bytes, 0 if the connection failed.
uint64_t stream(const Target& target, uint64_t end) {
  NetnsScope scope;
  if (scope.enter(target.netns) != 0) return 0;
  Fd fd = connectTo(target, SOCK_STREAM);
  if (!fd) return 0;
  begin(fd, Service::discard);
  std::vector<char> block(streamWriteBytes, 'x');
  uint64_t bytes = 0;
  while (monotonicNs() < end) {
    ssize_t sent = send(fd.get(), block.data(), block.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return 0;
    if (sent > 0) bytes += static_cast<uint64_t>(sent);
  }
  shutdown(fd.get(), SHUT_WR);
  char nothing;
  ssize_t got = read(fd.get(), &nothing, 1);
  return got == 0 ? bytes : 0;
}

/// streams({ netns, address, port, streams, seconds }) -> { bytes, failed, seconds }
Napi::Value streams(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto options = info[0].As<Napi::Object>();
  Target target(options);
  uint64_t start = monotonicNs();
  uint64_t end = start + static_cast<uint64_t>(options.Get("seconds").As<Napi::Number>().DoubleValue() * 1e9);
  std::vector<uint64_t> bytes(numberOption(options, "streams"));
  std::vector<std::thread> threads;
  for (uint64_t& mine : bytes) threads.emplace_back([&] { mine = stream(target, end); });
  for (std::thread& thread : threads) thread.join();
  uint64_t total = 0;
  uint32_t failed = 0;
  for (uint64_t one : bytes) {
    total += one;
    if (one == 0) failed++;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", static_cast<double>(total));
  result.Set("failed", failed);
  result.Set("seconds", secondsSince(start));
  return result;
}

}  // namespace

void defineTrafficClient(Napi::Env env, Napi::Object& exports) {
  exports.Set("roundTrips", Napi::Function::New(env, roundTrips, "roundTrips"));
  exports.Set("connections", Napi::Function::New(env, connections, "connections"));
  exports.Set("streams", Napi::Function::New(env, streams, "streams"));
}

}  // namespace softipu
