// Endings and descriptions of connections.

#include <array>
#include <cerrno>
#include <string>

#include "binding/arguments.h"
#include "core/tcp/tcp_info.h"

namespace cotcp {

namespace {

void fillReport(TcpConnection& connection, std::span<double> report) {
  report[layout::kBytesReceived] = static_cast<double>(connection.bytesReceived());
  report[layout::kBytesWritten] = static_cast<double>(connection.bytesWritten());
  report[layout::kOutputBytes] = static_cast<double>(connection.outputBytes());
  report[layout::kErrno] = connection.error().code;
  report[layout::kErrnoSyscall] = syscallIndex(connection.error().syscall);
}

void fillTcpInfo(TcpConnection& connection, std::span<double> report) {
  const auto values = readTcpInfo(connection.fd());
  report[layout::kHasTcpInfo] = values ? 1 : 0;
  if (!values) return;
  for (size_t index = 0; index < values->size(); ++index) report[layout::kTcpInfoAt + index] = (*values)[index];
}

// (slot, generation, report, withTcpInfo) -> false if stale
napi_value describe(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  if (port == nullptr) return toBoolean(env, false);
  fillReport(port->connection(), arguments.doubles(2));
  if (arguments.boolean(3)) fillTcpInfo(port->connection(), arguments.doubles(2));
  return toBoolean(env, true);
}

// (slot, generation) -> a number that changes whenever the peer takes something
napi_value bytesTaken(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  return toNumber(env, port == nullptr ? 0 : static_cast<double>(port->connection().bytesTaken()));
}

// (slot, generation) -> bytes that have come and are still in the kernel
napi_value bytesUnread(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  return toNumber(env, port == nullptr ? 0 : static_cast<double>(port->connection().bytesUnread()));
}

// (slot, generation): from now on idleTime tells
napi_value timeTransfers(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (ConnectionPort* port = arguments.connection()) port->connection().timeTransfers();
  return nullptr;
}

// (slot, generation) -> ms since the last byte came or went
napi_value idleTime(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  const Nanoseconds time = port == nullptr ? 0 : port->connection().idleTime();
  return toNumber(env, static_cast<double>(time) / static_cast<double>(kMillisecond));
}

// (slot, generation, on)
napi_value setNoDelay(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  // Fails only for a unix socket, where it has no effect, or one that is broken already.
  if (ConnectionPort* port = arguments.connection()) {
    (void)sockets::setNoDelay(port->connection().fd(), arguments.boolean(2));
  }
  return nullptr;
}

// (slot, generation)
napi_value shutdown(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (ConnectionPort* port = arguments.connection()) port->connection().shutdown();
  return nullptr;
}

// (slot, generation) -> 1 if it is over already, 0 if a completion will tell, or minus the errno that ended it
napi_value close(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  ConnectionPort* port = arguments.connection();
  return toNumber(env, port == nullptr ? 1 : port->close());
}

// (slot, generation, reset, report): the descriptor goes, the slot is free from the next turn on
napi_value release(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  if (ConnectionPort* port = arguments.connection()) {
    fillReport(port->connection(), arguments.doubles(3));
    fillTcpInfo(port->connection(), arguments.doubles(3));
    port->connection().abandon(arguments.boolean(2));
  }
  arguments.plane().release(arguments.uint32(0), arguments.uint32(1));
  return nullptr;
}

napi_value describeAddress(napi_env env, const InetAddress& address) {
  napi_value parts;
  napi_create_array_with_length(env, 4, &parts);
  const auto set = [&](uint32_t index, const std::string& text) {
    napi_value value;
    napi_create_string_utf8(env, text.data(), text.size(), &value);
    napi_set_element(env, parts, index, value);
  };
  set(0, address.address());
  napi_set_element(env, parts, 1, toNumber(env, static_cast<int32_t>(address.port())));
  napi_set_element(env, parts, 2, toNumber(env, static_cast<int32_t>(address.shownFamily())));
  set(3, address.path());
  return parts;
}

// (slot, generation, peer) -> [address, port, family, path]; null if stale
napi_value endpoint(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  if (ConnectionPort* port = arguments.connection()) {
    const auto& endpoints = port->connection().endpoints();
    return describeAddress(env, arguments.boolean(2) ? endpoints.peer : endpoints.local);
  }
  if (AcceptorPort* port = arguments.plane().acceptor(arguments.uint32(0), arguments.uint32(1))) {
    const auto address = sockets::localAddress(port->acceptor().fd());
    if (address) return describeAddress(env, *address);
  }
  if (DispatcherPort* port = arguments.plane().dispatcher(arguments.uint32(0), arguments.uint32(1))) {
    const auto address = sockets::localAddress(port->fd());
    if (address) return describeAddress(env, *address);
  }
  napi_value nothing;
  napi_get_null(env, &nothing);
  return nothing;
}

constexpr std::array kCalls = {
    NamedCall{"describe", describe},     NamedCall{"setNoDelay", setNoDelay},
    NamedCall{"shutdown", shutdown},     NamedCall{"close", close},
    NamedCall{"release", release},       NamedCall{"endpoint", endpoint},
    NamedCall{"bytesTaken", bytesTaken}, NamedCall{"timeTransfers", timeTransfers},
    NamedCall{"idleTime", idleTime},     NamedCall{"bytesUnread", bytesUnread},
};

}  // namespace

std::span<const NamedCall> lifetimeCalls() { return kCalls; }

}  // namespace cotcp
