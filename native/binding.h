// What the classes of the addon need from Node-API: errors of system calls as JavaScript errors, options, and the list of open ports of an
// environment (the main thread and each worker have their own), closed by its cleanup hook while the memory is still there.
#pragma once

#include <napi.h>
#include <poll.h>

#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

#include "descriptor.h"

namespace softipu {

class Closable {
 public:
  virtual ~Closable() = default;
  virtual void closeAll() = 0;
};

/// State of one environment.
struct Environment {
  std::unordered_set<Closable*> open;
  /// Scratch of `wait`.
  std::vector<pollfd> polled;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

/// Throws an Error with `syscall` and `errno`, for src/ports/errors.ts to explain.
inline void throwSystemError(Napi::Env env, const char* call, int error) {
  Napi::Error js = Napi::Error::New(env, std::string(call) + ": " + strerror(error));
  js.Set("syscall", call);
  js.Set("errno", static_cast<double>(error));
  js.ThrowAsJavaScriptException();
}

// Options and arguments were validated in TypeScript; these only fetch.
inline uint32_t numberOption(const Napi::Object& options, const char* name) { return options.Get(name).As<Napi::Number>().Uint32Value(); }
inline bool booleanOption(const Napi::Object& options, const char* name) { return options.Get(name).As<Napi::Boolean>().Value(); }
inline std::string stringOption(const Napi::Object& options, const char* name) { return options.Get(name).As<Napi::String>().Utf8Value(); }
inline uint32_t numberArgument(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Uint32Value(); }

/// Writes counters into a Float64Array in the order of their declaration.
inline void writeCounters(const Counters& counters, const Napi::Value& target) {
  uint64_t values[counterCount];
  memcpy(values, &counters, sizeof values);
  double* out = target.As<Napi::Float64Array>().Data();
  for (size_t i = 0; i < counterCount; i++) out[i] = static_cast<double>(values[i]);
}

Napi::Function definePacketPort(Napi::Env env);
Napi::Function defineTapPort(Napi::Env env);
Napi::Function defineXdpPort(Napi::Env env);
Napi::Function defineWaiter(Napi::Env env);
void defineWaiting(Napi::Env env, Napi::Object& exports);
void defineMemory(Napi::Env env, Napi::Object& exports);

}  // namespace softipu
