// Advice about the arena's memory.
#include <sys/mman.h>

#include "binding.h"

namespace softipu {
namespace {

constexpr size_t hugePageBytes = 2u << 20;

/// adviseHugePages(memory: Uint8Array, start, bytes) -> whether the kernel will back the whole huge pages within that range by huge pages. For
/// what is looked up at random; before it is first touched, or pages are only gathered later.
Napi::Value adviseHugePages(const Napi::CallbackInfo& info) {
  uint8_t* base = info[0].As<Napi::Uint8Array>().Data();
  auto begin = reinterpret_cast<uintptr_t>(base) + static_cast<size_t>(info[1].As<Napi::Number>().DoubleValue());
  uintptr_t end = begin + static_cast<size_t>(info[2].As<Napi::Number>().DoubleValue());
  begin = (begin + hugePageBytes - 1) & ~(hugePageBytes - 1);
  end &= ~(hugePageBytes - 1);
  bool isTaken = begin < end && madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE) == 0;
  return Napi::Boolean::New(info.Env(), isTaken);
}

}  // namespace

void defineMemory(Napi::Env env, Napi::Object& exports) {
  exports.Set("adviseHugePages", Napi::Function::New(env, adviseHugePages, "adviseHugePages"));
}

}  // namespace softipu
