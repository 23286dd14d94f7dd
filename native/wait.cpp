// Waiting for input, waking another thread, reading the clock.
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "binding.h"
#include "clock.h"
#include "owned.h"

namespace softipu {
namespace {

/// wait(fds: Int32Array, timeoutMs, spinUs) -> number of descriptors with input. Spins first, giving the processor away at each turn
/// (on a shared core the packets come from whom we would otherwise keep from running), then sleeps in poll.
Napi::Value wait(const Napi::CallbackInfo& info) {
  auto fds = info[0].As<Napi::Int32Array>();
  int timeoutMs = info[1].As<Napi::Number>().Int32Value();
  uint64_t spinNs = static_cast<uint64_t>(numberArgument(info, 2)) * 1000;
  size_t count = fds.ElementLength();
  std::vector<pollfd>& polled = Environment::of(info.Env()).polled;
  if (polled.size() < count) polled.resize(count);
  for (size_t i = 0; i < count; i++) polled[i] = {fds.Data()[i], POLLIN, 0};
  int ready = poll(polled.data(), count, 0);
  if (ready == 0 && spinNs != 0) {
    uint64_t end = nowNs() + spinNs;
    do {
      sched_yield();
      ready = poll(polled.data(), count, 0);
    } while (ready == 0 && nowNs() < end);
  }
  if (ready == 0 && timeoutMs != 0) ready = poll(polled.data(), count, timeoutMs);
  for (size_t i = 0; ready > 0 && i < count; i++) {
    if ((polled[i].revents & POLLERR) == 0) continue;
    // Reading a socket's error (interface down) clears it; the port finds out by itself.
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(polled[i].fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
  }
  return Napi::Number::New(info.Env(), ready < 0 ? 0 : ready);
}

/// createWake() -> descriptor to wait on, which `wake` of any thread makes ready.
Napi::Value createWake(const Napi::CallbackInfo& info) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throwSystemError(info.Env(), "eventfd", errno);
  return Napi::Number::New(info.Env(), fd);
}

/// wake(fd)
void wake(const Napi::CallbackInfo& info) {
  uint64_t one = 1;
  // The only error is a counter that is full: awake already.
  if (write(info[0].As<Napi::Number>().Int32Value(), &one, sizeof one) < 0) return;
}

/// clearWake(fd) -> whether it had been woken.
Napi::Value clearWake(const Napi::CallbackInfo& info) {
  uint64_t count = 0;
  bool woken = read(info[0].As<Napi::Number>().Int32Value(), &count, sizeof count) == sizeof count;
  return Napi::Boolean::New(info.Env(), woken);
}

/// closeWake(fd)
void closeWake(const Napi::CallbackInfo& info) { close(info[0].As<Napi::Number>().Int32Value()); }

/// readClock(target: Uint32Array): monotonic nanoseconds, low word and high word.
void readClock(const Napi::CallbackInfo& info) {
  uint32_t* target = info[0].As<Napi::Uint32Array>().Data();
  uint64_t now = nowNs();
  target[0] = static_cast<uint32_t>(now);
  target[1] = static_cast<uint32_t>(now >> 32);
}

/// raiseThread(nice) -> whether the calling thread, and it alone, has that nice value or a better one now.
Napi::Value raiseThread(const Napi::CallbackInfo& info) {
  auto thread = static_cast<id_t>(syscall(SYS_gettid));
  int nice = info[0].As<Napi::Number>().Int32Value();
  return Napi::Boolean::New(info.Env(), getpriority(PRIO_PROCESS, thread) <= nice || setpriority(PRIO_PROCESS, thread, nice) == 0);
}

}  // namespace

void defineWaiting(Napi::Env env, Napi::Object& exports) {
  exports.Set("wait", Napi::Function::New(env, wait, "wait"));
  exports.Set("createWake", Napi::Function::New(env, createWake, "createWake"));
  exports.Set("wake", Napi::Function::New<wake>(env, "wake"));
  exports.Set("clearWake", Napi::Function::New(env, clearWake, "clearWake"));
  exports.Set("closeWake", Napi::Function::New<closeWake>(env, "closeWake"));
  exports.Set("raiseThread", Napi::Function::New(env, raiseThread, "raiseThread"));
  exports.Set("readClock", Napi::Function::New<readClock>(env, "readClock"));
}

}  // namespace softipu
