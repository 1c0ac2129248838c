// From option objects to listeners and connection attempts.

#include <napi.h>

#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "binding/arguments.h"

namespace cotcp {

namespace {

int intOf(const Napi::Object& object, const char* name) { return object.Get(name).As<Napi::Number>().Int32Value(); }
bool boolOf(const Napi::Object& object, const char* name) { return object.Get(name).As<Napi::Boolean>().Value(); }
std::string textOf(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::String>().Utf8Value();
}

SocketSettings socketSettings(const Napi::Object& options) {
  const auto socket = options.Get("socket").As<Napi::Object>();
  SocketSettings settings;
  settings.noDelay = boolOf(socket, "noDelay");
  settings.resetUnlessClosed = boolOf(socket, "resetUnlessClosed");
  const auto keepAlive = socket.Get("keepAlive").As<Napi::Object>();
  settings.keepAlive = {boolOf(keepAlive, "enabled"), intOf(keepAlive, "initialDelay"), intOf(keepAlive, "interval"),
                        intOf(keepAlive, "count")};
  return settings;
}

// {path} or {address, port}; nullopt for what is neither.
std::optional<InetAddress> addressOf(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  if (object.Get("path").IsString()) return InetAddress::unixPath(textOf(object, "path"));
  return InetAddress::parse(textOf(object, "address"), static_cast<uint16_t>(intOf(object, "port")));
}

// {slot, generation} or {errno, syscall}
napi_value outcome(napi_env env, const Result<SlotId>& result) {
  auto object = Napi::Object::New(env);
  if (result) {
    object.Set("slot", result->slot);
    object.Set("generation", result->generation);
  } else {
    object.Set("errno", result.error().code);
    object.Set("syscall", result.error().syscall);
  }
  return object;
}

// nullopt for what is no address.
std::optional<ListenSettings> listenSettings(const Napi::Object& options) {
  const auto address = addressOf(options.Get("address"));
  if (!address) return std::nullopt;
  return ListenSettings{*address, intOf(options, "backlog"), boolOf(options, "ipv6Only"), boolOf(options, "reusePort"),
                        socketSettings(options)};
}

// ({address, backlog, ipv6Only, reusePort, socket}) -> outcome
napi_value listen(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const auto settings = listenSettings(Napi::Object(env, arguments.value(0)));
  if (!settings) return outcome(env, std::unexpected(IoError{"bind", EINVAL}));
  return outcome(env, arguments.plane().listen(*settings));
}

int64_t limitOf(const Napi::Object& limits, const char* name) {
  const double limit = limits.Get(name).As<Napi::Number>().DoubleValue();
  return limit == std::numeric_limits<double>::infinity() ? Quota::kUnlimited : static_cast<int64_t>(limit);
}

// (settings as of listen, limits: {connections, perAddress, resets}, slot, generation) -> outcome. The slot: a listener that
// has been opened for the same server, whose limits are used then.
napi_value listenForThreads(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  const auto settings = listenSettings(Napi::Object(env, arguments.value(0)));
  if (!settings) return outcome(env, std::unexpected(IoError{"bind", EINVAL}));
  const Napi::Object limits(env, arguments.value(1));
  const DispatcherPort* sibling = arguments.plane().dispatcher(arguments.uint32(2), arguments.uint32(3));
  auto quota = sibling != nullptr
                   ? sibling->quota()
                   : std::make_shared<Quota>(Quota::Limits{limitOf(limits, "connections"),
                                                           limitOf(limits, "perAddress"), boolOf(limits, "resets")});
  return outcome(env, arguments.plane().listenForThreads(*settings, std::move(quota)));
}

// (resetUnlessClosed) -> outcome
napi_value openReceiver(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  return outcome(env, arguments.plane().openReceiver(arguments.boolean(0)));
}

// ({peer, local: address | null, socket}) -> outcome
napi_value connect(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const Napi::Object options(env, arguments.value(0));
  ConnectSettings settings;
  const auto peer = addressOf(options.Get("peer"));
  if (!peer) return outcome(env, std::unexpected(IoError{"connect", EINVAL}));
  settings.peer = *peer;
  if (options.Get("local").IsObject()) settings.local = addressOf(options.Get("local"));
  settings.socket = socketSettings(options);
  return outcome(env, arguments.plane().connect(settings));
}

// (slot, generation, peers): Infinity for all
napi_value setDemand(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  AcceptorPort* port = arguments.plane().acceptor(arguments.uint32(0), arguments.uint32(1));
  if (port == nullptr) return nullptr;
  const double peers = arguments.number(2);
  port->acceptor().setDemand(peers == std::numeric_limits<double>::infinity() ? Acceptor::kUnlimited
                                                                              : static_cast<int64_t>(peers));
  return nullptr;
}

// (slot, generation) -> outcome
napi_value acceptNow(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  AcceptorPort* port = arguments.plane().acceptor(arguments.uint32(0), arguments.uint32(1));
  if (port == nullptr) return outcome(env, std::unexpected(IoError{"accept", EBADF}));
  return outcome(env, port->acceptNow());
}

// (text) -> 4, 6, or 0 for what is no address
napi_value addressFamily(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const auto address = InetAddress::parse(Napi::String(env, arguments.value(0)).Utf8Value(), 0);
  if (!address) return toNumber(env, 0);
  return toNumber(env, address->family() == AF_INET6 ? 6 : 4);
}

constexpr std::array kCalls = {
    NamedCall{"listen", listen},
    NamedCall{"listenForThreads", listenForThreads},
    NamedCall{"openReceiver", openReceiver},
    NamedCall{"connect", connect},
    NamedCall{"setDemand", setDemand},
    NamedCall{"acceptNow", acceptNow},
    NamedCall{"addressFamily", addressFamily},
};

}  // namespace

std::span<const NamedCall> setupCalls() { return kCalls; }

}  // namespace cotcp
