// What the ports over the kernel have in common: options, the memory, and the methods that JavaScript calls. A kind of port adds how it opens, receives
// and sends.
//
// Those methods are plain Node-API, without the wrappers of node-addon-api: they are called for every batch, of one packet mostly, right before it leaves.
// What was received is given back with the next receive, or by the waiter before anybody sleeps: no call for that.
#pragma once

#include <vector>

#include "binding.h"
#include "interface.h"
#include "outbox.h"
#include "owned.h"
#include "pollable.h"

namespace softipu {

template <class Kind>
class NativePort : public Napi::ObjectWrap<Kind>, protected Closable, protected Outbox, protected Pollable {
 protected:
  explicit NativePort(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Kind>(info), env_(info.Env()) {
    auto options = info[0].As<Napi::Object>();
    auto memory = options.Get("memory").As<Napi::Uint8Array>();
    memory_ = Napi::Persistent(memory.As<Napi::Object>());
    arena_ = memory.Data();
    number_ = numberOption(options, "number");
    name_ = stringOption(options, "name");
  }

  virtual bool isOpen() const = 0;
  /// Fills descriptors for at most `max` packets; returns how many.
  virtual uint32_t receiveBatch(uint32_t descriptors, uint32_t max) = 0;
  /// Finds out whether the interface is up or back; at most every `lookIntervalNs` unless `now`.
  virtual void lookAfterInterface(bool now) = 0;
  /// `counters_` with what the kernel has counted.
  virtual Counters countersNow() { return counters_; }

  /// The class, with methods of its kind beside those of all.
  static Napi::Function define(Napi::Env env, const char* name, std::vector<Napi::ClassPropertyDescriptor<Kind>> more = {}) {
    more.push_back(method("receive", &NativePort::receive));
    more.push_back(method("transmit", &NativePort::transmit));
    more.push_back(method("readCounters", &NativePort::readCounters));
    more.push_back(method("state", &NativePort::state));
    more.push_back(method("fd", &NativePort::fd));
    more.push_back(method("pollable", &NativePort::pollable));
    more.push_back(method("close", &NativePort::close));
    return NativePort::DefineClass(env, name, more);
  }

  Napi::Env env_;
  uint8_t* arena_ = nullptr;
  uint32_t number_ = 0;
  std::string name_;
  /// The call that failed, for the operator.
  const char* failed_ = "";
  State state_ = State::up;
  uint64_t nextLookNs_ = 0;
  Fd netns_;

 private:
  static Napi::ClassPropertyDescriptor<Kind> method(const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
  }

  /// The port, and up to two arguments.
  static NativePort& called(napi_env env, napi_callback_info info, napi_value* arguments) {
    napi_value self;
    size_t count = 2;
    void* port = nullptr;
    napi_get_cb_info(env, info, &count, arguments, &self, nullptr);
    napi_unwrap(env, self, &port);
    return *static_cast<Kind*>(port);
  }

  static uint32_t toNumber(napi_env env, napi_value value) {
    uint32_t number = 0;
    napi_get_value_uint32(env, value, &number);
    return number;
  }

  static napi_value fromNumber(napi_env env, int64_t number) {
    napi_value value;
    napi_create_int64(env, number, &value);
    return value;
  }

  /// receive(descriptors, max) -> count
  static napi_value receive(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    NativePort& port = called(env, info, arguments);
    if (!port.isOpen()) return fromNumber(env, 0);
    port.giveBack();
    return fromNumber(env, port.receiveBatch(toNumber(env, arguments[0]), toNumber(env, arguments[1])));
  }

  /// transmit(list, count)
  static napi_value transmit(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    NativePort& port = called(env, info, arguments);
    if (port.isOpen()) port.sendAll(port.arena_, toNumber(env, arguments[0]), toNumber(env, arguments[1]));
    return nullptr;
  }

  /// readCounters(target: Float64Array), in the order of `Counters`.
  static napi_value readCounters(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    NativePort& port = called(env, info, arguments);
    writeCounters(port.countersNow(), Napi::Value(env, arguments[0]));
    return nullptr;
  }

  /// state() -> 0 up, 1 down, 2 gone
  static napi_value state(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    NativePort& port = called(env, info, arguments);
    if (port.isOpen()) port.lookAfterInterface(false);
    return fromNumber(env, static_cast<int64_t>(port.state_));
  }

  static napi_value fd(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    return fromNumber(env, called(env, info, arguments).pollFd());
  }

  /// For `Waiter.watch`.
  static napi_value pollable(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    return Napi::External<Pollable>::New(env, static_cast<Pollable*>(&called(env, info, arguments)));
  }

  static napi_value close(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    called(env, info, arguments).closeAll();
    return nullptr;
  }

  /// Keeps the memory alive.
  Napi::ObjectReference memory_;
};

}  // namespace softipu
