// Packet generator: sends given frames in turn through an interface, at a rate or as fast as it goes. And what a sink needs: interface counters
// and the drop program that ends packets behind them.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <vector>

#include "interface.h"
#include "traffic.h"

namespace softipu {
namespace {

constexpr uint32_t maxBatch = 64;
/// Sleeping for less costs more than it saves.
constexpr uint64_t shortestSleepNs = 60'000;
/// A sender that was kept from running makes up for so much; the rest of its packets is never sent. Who asks for a rate does not ask for bursts.
constexpr uint64_t longestArrearsNs = 2'000'000;

struct Pace {
  double nsPerPacket;
  uint64_t start;

  /// Waits until packet number `last` is due; false if that was a while, so that the caller looks at the clock again.
  bool waitFor(uint64_t last) {
    if (nsPerPacket == 0) return true;
    uint64_t due = start + static_cast<uint64_t>(static_cast<double>(last) * nsPerPacket);
    uint64_t now = monotonicNs();
    if (now > due + longestArrearsNs) start += now - due - longestArrearsNs;
    if (now >= due) return true;
    if (due - now > shortestSleepNs) {
      timespec until = {static_cast<time_t>(due / 1'000'000'000u), static_cast<long>(due % 1'000'000'000u)};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    }
    return false;
  }
};

/// Opens a sending socket on an interface. Returns 0 or errno, `failed` names the call.
int openSender(const std::string& name, const std::string& netns, Fd& sender, const char*& failed) {
  NetnsScope scope;
  failed = "setns";
  int error = scope.enter(netns);
  if (error != 0) return error;
  failed = "socket";
  // Protocol 0: receives nothing.
  sender = Fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!sender) return errno;
  int one = 1;
  failed = "PACKET_QDISC_BYPASS";
  if (setsockopt(sender.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0) return errno;
  failed = "interface";
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = interfaceIndex(sender.get(), name);
  if (address.sll_ifindex == 0) return ENODEV;
  failed = "bind";
  return bind(sender.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

/// generate({ name, netns, frames: Uint8Array, frameBytes, packetsPerSecond (0: all that goes), seconds, batch })
///   -> { sent, refused, seconds, cpuSeconds }
Napi::Value generate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto options = info[0].As<Napi::Object>();
  auto frames = options.Get("frames").As<Napi::Uint8Array>();
  uint32_t frameBytes = numberOption(options, "frameBytes");
  auto frameCount = static_cast<uint32_t>(frames.ByteLength() / frameBytes);
  uint32_t batch = numberOption(options, "batch");
  if (batch > maxBatch) batch = maxBatch;
  double rate = options.Get("packetsPerSecond").As<Napi::Number>().DoubleValue();
  auto durationNs = static_cast<uint64_t>(options.Get("seconds").As<Napi::Number>().DoubleValue() * 1e9);
  Fd sender;
  const char* failed = "";
  int error = openSender(stringOption(options, "name"), stringOption(options, "netns"), sender, failed);
  if (error != 0) {
    throwSystemError(env, failed, error);
    return env.Undefined();
  }
  prctl(PR_SET_TIMERSLACK, 1000);
  mmsghdr messages[maxBatch] = {};
  iovec parts[maxBatch];
  for (uint32_t i = 0; i < batch; i++) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  uint64_t sent = 0, refused = 0;
  uint32_t next = 0;
  uint64_t cpu = threadCpuNs();
  Pace pace = {rate > 0 ? 1e9 / rate : 0, monotonicNs()};
  uint64_t start = pace.start;
  uint64_t end = start + durationNs;
  while (monotonicNs() < end) {
    if (!pace.waitFor(sent + batch)) continue;
    for (uint32_t i = 0; i < batch; i++) {
      uint32_t frame = next + i < frameCount ? next + i : (next + i) % frameCount;
      parts[i] = {frames.Data() + static_cast<size_t>(frame) * frameBytes, frameBytes};
    }
    int taken = sendmmsg(sender.get(), messages, batch, 0);
    if (taken <= 0) {
      if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
        throwSystemError(env, "sendmmsg", errno);
        return env.Undefined();
      }
      refused++;
      continue;
    }
    sent += static_cast<uint64_t>(taken);
    next = (next + static_cast<uint32_t>(taken)) % frameCount;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("sent", static_cast<double>(sent));
  result.Set("refused", static_cast<double>(refused));
  result.Set("seconds", static_cast<double>(monotonicNs() - start) / 1e9);
  result.Set("cpuSeconds", static_cast<double>(threadCpuNs() - cpu) / 1e9);
  return result;
}

/// interfaceCounters(name, netnsPath) -> { rxPackets, txPackets, rxDropped } modulo 2^32.
Napi::Value interfaceCounters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = info[0].As<Napi::String>().Utf8Value();
  NetnsScope scope;
  int error = scope.enter(info[1].As<Napi::String>().Utf8Value());
  ifaddrs* list = nullptr;
  if (error == 0 && getifaddrs(&list) != 0) error = errno;
  if (error != 0) {
    throwSystemError(env, "getifaddrs", error);
    return env.Undefined();
  }
  Napi::Object result = Napi::Object::New(env);
  bool isFound = false;
  for (ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_PACKET || at->ifa_data == nullptr || name != at->ifa_name) continue;
    const auto* counters = static_cast<const rtnl_link_stats*>(at->ifa_data);
    result.Set("rxPackets", counters->rx_packets);
    result.Set("txPackets", counters->tx_packets);
    result.Set("rxDropped", counters->rx_dropped);
    isFound = true;
  }
  freeifaddrs(list);
  if (!isFound) throwSystemError(env, "interface", ENODEV);
  return result;
}

/// attachDrop(name, netnsPath) -> descriptor of a program that drops everything at the interface's ingress until `closeWake` of it; throws if refused.
Napi::Value attachDrop(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  NetnsScope scope;
  int error = scope.enter(info[1].As<Napi::String>().Utf8Value());
  if (error != 0) {
    throwSystemError(env, "setns", error);
    return env.Undefined();
  }
  Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  int index = interfaceIndex(control.get(), info[0].As<Napi::String>().Utf8Value());
  if (index == 0) {
    throwSystemError(env, "interface", ENODEV);
    return env.Undefined();
  }
  Fd link = attachDropProgram(index, 0);
  if (!link) {
    throwSystemError(env, "bpf", errno);
    return env.Undefined();
  }
  return Napi::Number::New(env, link.release());
}

}  // namespace

void defineGenerator(Napi::Env env, Napi::Object& exports) {
  exports.Set("generate", Napi::Function::New(env, generate, "generate"));
  exports.Set("interfaceCounters", Napi::Function::New(env, interfaceCounters, "interfaceCounters"));
  exports.Set("attachDrop", Napi::Function::New(env, attachDrop, "attachDrop"));
}

}  // namespace softipu
