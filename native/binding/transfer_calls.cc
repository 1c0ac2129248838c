// Bytes in and out. A slot that is stale gets EBADF.

#include <algorithm>
#include <array>
#include <cerrno>

#include "binding/arguments.h"
#include "core/base/send_file.h"

namespace cotcp {

namespace {

// (slot, generation) -> bytes, 0 at the end, or minus errno
napi_value receive(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toNumber(env, -EBADF);
  arguments.environment().mapAreas();
  return toNumber(env, port->receive());
}

// (slot, generation, view) -> as above
napi_value receiveInto(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toNumber(env, -EBADF);
  const auto view = arguments.bytes(2);
  if (view.empty()) return toNumber(env, -EFAULT);
  return toNumber(env, port->receiveInto(view));
}

// (slot, generation, view, offset, length, holdsMore) -> bytes taken, or minus errno
napi_value write(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toNumber(env, -EBADF);
  const auto view = arguments.bytes(2);
  const auto offset = static_cast<size_t>(arguments.number(3));
  const auto length = static_cast<size_t>(arguments.number(4));
  const auto rest = view.subspan(std::min(offset, view.size()));
  return toNumber(env, port->write(rest.first(std::min(length, rest.size())), arguments.boolean(5)));
}

// (slot, generation, view) -> bytes that are queued then, or minus errno
napi_value writeAll(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toNumber(env, -EBADF);
  return toNumber(env, port->writeAll(arguments.bytes(2)));
}

// (slot, generation, file, offset, length, holdsMore) -> bytes taken, minus errno, or what ConnectionPort tells of the file
napi_value sendFile(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toNumber(env, -EBADF);
  return toNumber(env, port->sendFile(static_cast<int>(arguments.uint32(2)), static_cast<uint64_t>(arguments.number(3)),
                                      static_cast<uint64_t>(arguments.number(4)), arguments.boolean(5)));
}

// (file) -> bytes of a regular file, or minus errno
napi_value fileSize(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const auto size = sockets::fileSize(static_cast<int>(arguments.uint32(0)));
  return toNumber(env, size ? static_cast<double>(*size) : -static_cast<double>(size.error().code));
}

// () : writes what has been posted
napi_value drain(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  arguments.plane().drain();
  return nullptr;
}

// (slot, generation): a send waits; whatever ends the process now ends the connection in RST
napi_value holdOutput(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (ConnectionPort* port = arguments.connection()) port->hold();
  return nullptr;
}

constexpr std::array kCalls = {
    NamedCall{"receive", receive},   NamedCall{"receiveInto", receiveInto}, NamedCall{"write", write},
    NamedCall{"writeAll", writeAll}, NamedCall{"sendFile", sendFile},       NamedCall{"fileSize", fileSize},
    NamedCall{"drain", drain},       NamedCall{"holdOutput", holdOutput},
};

}  // namespace

std::span<const NamedCall> transferCalls() { return kCalls; }

}  // namespace cotcp
