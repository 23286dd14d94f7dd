// How a data plane waits: it looks at the rings in memory first, giving the processor away at each turn (on a shared core the packets come from
// whom we would otherwise keep from running), and sleeps in poll(2) when nothing has come for a while.
//
// How long it looks follows the traffic, as KVM's halt polling does: a sleep that input ended soon was one too many, and the window grows (from
// `spinUs` to `windowGrowth` times that); a long sleep takes it back to nothing. So requests that follow each other never wait for
// a sleeper to be woken, and an idle node does not spin at all.
//
// Who takes a processor that was given away may keep it until the next tick, 4 ms: whoever sleeps is better off, because waking up takes it back at once. So
// a turn that came back late means that others want the processor, and for a while nothing is looked at but by sleeping.
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "binding.h"
#include "clock.h"
#include "pollable.h"

namespace softipu {
namespace {

/// While rings are watched in memory, descriptors are asked every so many turns.
constexpr uint32_t turnsPerPoll = 16;
constexpr uint64_t windowGrowth = 5;
/// Longer than those whom packets wake work on them.
constexpr uint64_t lateTurnNs = 300'000;
constexpr uint64_t sleepOnlyNs = 20'000'000;
/// `spinUs` for who never sleeps.
constexpr uint32_t spinAlways = 0xffffffff;

}  // namespace

class Waiter final : public Napi::ObjectWrap<Waiter> {
 public:
  /// new Waiter(wakeFd): a descriptor of createWake, cleared by the wait that it ends.
  explicit Waiter(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Waiter>(info), wakeFd_(info[0].As<Napi::Number>().Int32Value()) {}

 private:
  friend Napi::Function defineWaiter(Napi::Env env);

  void watch(const Napi::CallbackInfo& info);
  void look(const Napi::CallbackInfo&);
  Napi::Value wait(const Napi::CallbackInfo& info);
  void report();
  bool seesInput() const;
  int ask(int timeoutMs);
  int spin(uint64_t start, uint64_t spinNs, bool mayGiveUp);

  int wakeFd_;
  /// For how long the next wait spins.
  uint64_t windowNs_ = 0;
  /// Until then it does not.
  uint64_t sleepUntilNs_ = 0;
  std::vector<Pollable*> ports_;
  /// Keeps the ports alive.
  Napi::ObjectReference owners_;
  bool mustPoll_ = false;
  std::vector<pollfd> polled_;
  /// Where `report` writes, and what keeps it alive.
  Napi::ObjectReference flagsOwner_, clockOwner_;
  uint8_t* flags_ = nullptr;
  double* clock_ = nullptr;
};

/// watch(ports: NativePort[], flags: Uint8Array, clock: Float64Array): from now on these, until the next call. Closed ports are ignored. `look` and `wait` write
/// into flags, one per port, 1 where there may be input, else 0; and into clock[0] the monotonic time in nanoseconds.
void Waiter::watch(const Napi::CallbackInfo& info) {
  auto ports = info[0].As<Napi::Array>();
  owners_ = Napi::Persistent(ports.As<Napi::Object>());
  ports_.clear();
  mustPoll_ = false;
  for (uint32_t i = 0; i < ports.Length(); i++) {
    auto port = ports.Get(i).As<Napi::Object>();
    auto pollable = port.Get("pollable").As<Napi::Function>().Call(port, {}).As<Napi::External<Pollable>>();
    ports_.push_back(pollable.Data());
    mustPoll_ = mustPoll_ || !pollable.Data()->seesInput();
  }
  polled_.resize(ports_.size() + 1);
  auto flags = info[1].As<Napi::Uint8Array>();
  auto clock = info[2].As<Napi::Float64Array>();
  flagsOwner_ = Napi::Persistent(flags.As<Napi::Object>());
  clockOwner_ = Napi::Persistent(clock.As<Napi::Object>());
  flags_ = flags.Data();
  clock_ = clock.Data();
}

/// look(): what `wait` writes, at once. No system call.
void Waiter::look(const Napi::CallbackInfo&) { report(); }

void Waiter::report() {
  for (size_t i = 0; i < ports_.size(); i++) flags_[i] = !ports_[i]->seesInput() || ports_[i]->hasInput() ? 1 : 0;
  *clock_ = static_cast<double>(nowNs());
}

bool Waiter::seesInput() const {
  for (const Pollable* port : ports_)
    if (port->hasInput()) return true;
  return false;
}

int Waiter::ask(int timeoutMs) {
  polled_[0] = {wakeFd_, POLLIN, 0};
  for (size_t i = 0; i < ports_.size(); i++) polled_[i + 1] = {ports_[i]->pollFd(), POLLIN, 0};
  int ready = poll(polled_.data(), polled_.size(), timeoutMs);
  if (ready <= 0) return 0;
  uint64_t count;
  if (polled_[0].revents != 0 && read(wakeFd_, &count, sizeof count) < 0) return ready;
  for (size_t i = 1; i < polled_.size(); i++) {
    if ((polled_[i].revents & POLLERR) == 0) continue;
    // Reading a socket's error (interface down) clears it; the port finds out by itself.
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(polled_[i].fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
  }
  return ready;
}

int Waiter::spin(uint64_t start, uint64_t spinNs, bool mayGiveUp) {
  for (uint32_t turn = 1;; turn++) {
    if (seesInput()) return 1;
    if (mustPoll_ || turn % turnsPerPoll == 0) {
      int ready = ask(0);
      if (ready != 0) return ready;
    }
    uint64_t before = nowNs();
    if (before - start >= spinNs) return 0;
    sched_yield();
    if (mayGiveUp && nowNs() - before > lateTurnNs) {
      sleepUntilNs_ = before + sleepOnlyNs;
      return seesInput() ? 1 : 0;
    }
  }
}

/// wait(timeoutMs, spinUs) -> whether anything is ready.
Napi::Value Waiter::wait(const Napi::CallbackInfo& info) {
  uint32_t spinUs = numberArgument(info, 1);
  uint64_t baseNs = static_cast<uint64_t>(spinUs) * 1000;
  uint64_t start = nowNs();
  for (Pollable* port : ports_) port->giveBack();
  if (spinUs == spinAlways) {
    // Not for ever: the caller has other things to look after now and then.
    int ready = spin(start, static_cast<uint64_t>(info[0].As<Napi::Number>().Int32Value()) * 1'000'000u, false);
    report();
    return Napi::Boolean::New(info.Env(), ready != 0);
  }
  int ready = spin(start, start < sleepUntilNs_ ? 0 : windowNs_, true);
  if (ready == 0) {
    ready = ask(info[0].As<Napi::Number>().Int32Value());
    if (ready == 0 || nowNs() - start > windowGrowth * baseNs) windowNs_ = 0;
    else windowNs_ = windowNs_ == 0 ? baseNs : std::min(2 * windowNs_, windowGrowth * baseNs);
  }
  report();
  return Napi::Boolean::New(info.Env(), ready != 0);
}

Napi::Function defineWaiter(Napi::Env env) {
  return Waiter::DefineClass(env, "Waiter", {Waiter::InstanceMethod<&Waiter::watch>("watch"), Waiter::InstanceMethod<&Waiter::look>("look"),
                                       Waiter::InstanceMethod<&Waiter::wait>("wait")});
}

}  // namespace softipu
