// One server in several threads: who gets the newcomers of a listener.

#include <array>
#include <utility>

#include "binding/arguments.h"
#include "core/tcp/loop_registry.h"

namespace cotcp {

namespace {

// (slot, generation, loop, slot and generation of its receiver): false if that loop has gone
napi_value addLane(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  DispatcherPort* port = arguments.plane().dispatcher(arguments.uint32(0), arguments.uint32(1));
  auto target = LoopRegistry::process().find(arguments.uint32(2));
  if (port == nullptr || target == nullptr) return toBoolean(env, false);
  port->addLane(arguments.uint32(2), std::move(target), {arguments.uint32(3), arguments.uint32(4)});
  return toBoolean(env, true);
}

// (slot, generation, loop)
napi_value removeLane(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  DispatcherPort* port = arguments.plane().dispatcher(arguments.uint32(0), arguments.uint32(1));
  if (port != nullptr) port->removeLane(arguments.uint32(2));
  return nullptr;
}

// (slot, generation, loop, slot and generation of its receiver) -> 0 or an errno
napi_value lend(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  DispatcherPort* port = arguments.plane().dispatcher(arguments.uint32(0), arguments.uint32(1));
  const auto target = LoopRegistry::process().find(arguments.uint32(2));
  if (port == nullptr || target == nullptr) return toNumber(env, 0);
  const auto lent = port->lend(arguments.uint32(2), target, {arguments.uint32(3), arguments.uint32(4)});
  return toNumber(env, lent ? 0 : lent.error().code);
}

// (slot, generation, report): peers reset because of the limits of the server: by connections, by address
napi_value refusals(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  DispatcherPort* port = arguments.plane().dispatcher(arguments.uint32(0), arguments.uint32(1));
  if (port == nullptr) return nullptr;
  const auto refused = port->quota()->refused();
  const auto report = arguments.doubles(2);
  report[0] = static_cast<double>(refused.connections);
  report[1] = static_cast<double>(refused.perAddress);
  return nullptr;
}

constexpr std::array kCalls = {
    NamedCall{"addLane", addLane},
    NamedCall{"removeLane", removeLane},
    NamedCall{"lend", lend},
    NamedCall{"refusals", refusals},
};

}  // namespace

std::span<const NamedCall> threadCalls() { return kCalls; }

}  // namespace cotcp
