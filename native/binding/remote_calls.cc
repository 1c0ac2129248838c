// Calls between the threads of the process.

#include <algorithm>
#include <array>
#include <vector>

#include "binding/arguments.h"
#include "core/tcp/loop_registry.h"

namespace cotcp {

namespace {

enum CallOutcome : int32_t { kSent = 0, kLoopGone = 1, kNoMemory = 2 };

// A copy of all the views, side by side.
std::optional<Parcel> packed(napi_env env, napi_value views) {
  uint32_t count = 0;
  napi_get_array_length(env, views, &count);
  std::vector<std::span<const uint8_t>> parts(count);
  size_t size = 0;
  for (uint32_t index = 0; index < count; ++index) {
    napi_value view = nullptr;
    napi_get_element(env, views, index, &view);
    parts[index] = viewBytes(env, view);
    size += parts[index].size();
  }
  auto parcel = Parcel::create(size);
  if (!parcel) return parcel;
  auto* to = parcel->bytes().data();
  for (const auto& part : parts) to = std::copy(part.begin(), part.end(), to);
  return parcel;
}

napi_value toBuffer(napi_env env, Parcel& parcel) {
  napi_value buffer = nullptr;
  napi_create_buffer_copy(env, parcel.size(), parcel.bytes().data(), nullptr, &buffer);
  return buffer;
}

// (loop, slot, generation, operation, ticket, views) -> CallOutcome; sent: an answer comes under the ticket
napi_value callRemote(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  const auto owner = LoopRegistry::process().find(arguments.uint32(0));
  if (owner == nullptr) return toNumber(env, kLoopGone);
  auto parcel = packed(env, arguments.value(5));
  if (!parcel) return toNumber(env, kNoMemory);
  Plane& plane = arguments.plane();
  auto call =
      std::make_shared<RemoteCall>(SlotId{arguments.uint32(1), arguments.uint32(2)},
                                   static_cast<int32_t>(arguments.uint32(3)), arguments.uint32(4), std::move(*parcel));
  const bool sent = plane.remoteCalls().send(*owner, plane.mailbox(), std::move(call));
  return toNumber(env, sent ? kSent : kLoopGone);
}

// (ticket) -> true: nothing will be done
napi_value withdrawCall(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  return toBoolean(env, arguments.plane().remoteCalls().withdraw(arguments.uint32(0)));
}

// (ticket) -> the bytes that came with its answer
napi_value takeAnswer(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Parcel parcel = arguments.plane().remoteCalls().takeAnswer(arguments.uint32(0));
  return toBuffer(env, parcel);
}

// (number) -> the bytes of a call that has come; null: it has been withdrawn
napi_value takeCall(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  RemoteCall* call = arguments.plane().remoteCalls().take(arguments.uint32(0));
  if (call == nullptr) {
    napi_value nothing;
    napi_get_null(env, &nothing);
    return nothing;
  }
  const napi_value bytes = toBuffer(env, call->parcel());
  // It waits for its answer, which may take long; the bytes are JavaScript's now.
  call->parcel() = Parcel();
  return bytes;
}

// (number, status, view)
napi_value answerCall(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const auto bytes = arguments.bytes(2);
  auto parcel = Parcel::create(bytes.size());
  if (parcel) std::copy(bytes.begin(), bytes.end(), parcel->bytes().begin());
  arguments.plane().remoteCalls().answer(arguments.uint32(0), static_cast<int32_t>(arguments.uint32(1)),
                                         parcel ? std::move(*parcel) : Parcel());
  return nullptr;
}

constexpr std::array kCalls = {
    NamedCall{"callRemote", callRemote}, NamedCall{"withdrawCall", withdrawCall}, NamedCall{"takeAnswer", takeAnswer},
    NamedCall{"takeCall", takeCall},     NamedCall{"answerCall", answerCall},
};

}  // namespace

std::span<const NamedCall> remoteCalls() { return kCalls; }

}  // namespace cotcp
