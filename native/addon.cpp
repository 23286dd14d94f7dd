// The addon's exports. Policy stays in TypeScript (src/ports/): here are system calls and rings.
#include <sys/socket.h>

#include "binding.h"
#include "interface.h"
#include "traffic.h"

namespace softipu {
namespace {

/// One more with every change of what src/ports/native.ts calls: an addon that was not built since would be called wrongly.
constexpr uint32_t revision = 2;

/// Offsets of the descriptor's fields, compared with src/arena/layout.ts when the addon is loaded.
Napi::Object descriptorOffsets(Napi::Env env) {
  Napi::Object offsets = Napi::Object::New(env);
  offsets.Set("bytes", static_cast<uint32_t>(sizeof(Descriptor)));
#define FIELD(name) offsets.Set(#name, static_cast<uint32_t>(offsetof(Descriptor, name)))
  FIELD(addr);
  FIELD(length);
  FIELD(inPort);
  FIELD(outPort);
  FIELD(bufferStart);
  FIELD(bufferEnd);
  FIELD(csumAddr);
  FIELD(csumOffset);
  FIELD(gsoType);
  FIELD(flags);
  FIELD(gsoSize);
  FIELD(l4Sum);
  FIELD(reason);
  FIELD(buffer);
  FIELD(portData);
#undef FIELD
  return offsets;
}

/// interfaceFacts(name, netnsPath) -> { index, mtu, mac: Uint8Array, isUp }; throws the system call's error.
Napi::Value interfaceFacts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = info[0].As<Napi::String>().Utf8Value();
  NetnsScope scope;
  int error = scope.enter(info[1].As<Napi::String>().Utf8Value());
  if (error != 0) {
    throwSystemError(env, "setns", error);
    return env.Undefined();
  }
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  InterfaceFacts facts;
  error = socket ? readFacts(socket.get(), name, facts) : errno;
  if (error != 0) {
    throwSystemError(env, "ioctl", error);
    return env.Undefined();
  }
  Napi::Object result = Napi::Object::New(env);
  Napi::Uint8Array mac = Napi::Uint8Array::New(env, 6);
  memcpy(mac.Data(), facts.mac, 6);
  result.Set("index", facts.index);
  result.Set("mtu", facts.mtu);
  result.Set("mac", mac);
  result.Set("isUp", facts.isUp);
  return result;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment;
  env.SetInstanceData(environment);
  env.AddCleanupHook(
      [](Environment* ending) {
        // closeAll takes the port out of the set.
        while (!ending->open.empty()) (*ending->open.begin())->closeAll();
      },
      environment);
  exports.Set("revision", revision);
  exports.Set("descriptor", descriptorOffsets(env));
  exports.Set("PacketPort", definePacketPort(env));
  exports.Set("TapPort", defineTapPort(env));
  exports.Set("XdpPort", defineXdpPort(env));
  exports.Set("Waiter", defineWaiter(env));
  exports.Set("interfaceFacts", Napi::Function::New(env, interfaceFacts, "interfaceFacts"));
  defineWaiting(env, exports);
  defineMemory(env, exports);
  defineGenerator(env, exports);
  defineTrafficServer(env, exports);
  defineTrafficClient(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(softipu, init)

}  // namespace softipu
