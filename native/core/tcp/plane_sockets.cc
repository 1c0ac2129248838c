// Plane::listen and Plane::connect: from settings to a socket with its options, and a port that owns it.

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "core/tcp/plane.h"

namespace cotcp {

namespace {

// What an accepted socket inherits from its listener (Linux copies all of these), so that accepting costs no call.
Result<void> applySettings(int fd, int family, const SocketSettings& settings) {
  if (family != AF_UNIX) {
    if (auto done = sockets::setNoDelay(fd, settings.noDelay); !done) return done;
    if (auto done = sockets::setKeepAlive(fd, settings.keepAlive); !done) return done;
  }
  if (settings.resetUnlessClosed) return sockets::setResetOnClose(fd, true);
  return {};
}

Result<UniqueFd> listeningSocket(const ListenSettings& settings) {
  const int family = settings.address.family();
  auto created = sockets::createStream(family);
  if (!created) return created;
  const int fd = created->get();
  if (family != AF_UNIX) {
    if (auto done = sockets::setReuseAddress(fd, true); !done) return std::unexpected(done.error());
  }
  if (settings.reusePort) {
    if (auto done = sockets::setReusePort(fd, true); !done) return std::unexpected(done.error());
  }
  if (family == AF_INET6) {
    if (auto done = sockets::setIpv6Only(fd, settings.ipv6Only); !done) return std::unexpected(done.error());
  }
  if (auto done = applySettings(fd, family, settings.socket); !done) return std::unexpected(done.error());
  if (auto done = sockets::bind(fd, settings.address); !done) return std::unexpected(done.error());
  if (auto done = sockets::listen(fd, settings.backlog); !done) return std::unexpected(done.error());
  return created;
}

Result<UniqueFd> connectingSocket(const ConnectSettings& settings) {
  const int family = settings.peer.family();
  auto created = sockets::createStream(family);
  if (!created) return created;
  const int fd = created->get();
  if (auto done = applySettings(fd, family, settings.socket); !done) return std::unexpected(done.error());
  if (!settings.local) return created;
  if (settings.local->port() == 0) {
    // The port is chosen at connect(2), so that one local address serves more than 28,000 different peers (ip(7)).
    if (auto done = sockets::setBindAddressNoPort(fd, true); !done) return std::unexpected(done.error());
  } else if (auto done = sockets::setReuseAddress(fd, true); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = sockets::bind(fd, *settings.local); !done) return std::unexpected(done.error());
  return created;
}

}  // namespace

Result<SlotId> Plane::listen(const ListenSettings& settings) {
  auto socket = listeningSocket(settings);
  if (!socket) return std::unexpected(socket.error());
  const auto id = slots_.reserve();
  if (!id) return std::unexpected(IoError{"listen", ENFILE});
  auto port = std::make_unique<AcceptorPort>(context_, *id, std::move(*socket), settings.socket.resetUnlessClosed);
  auto opened = port->open();
  slots_.set(*id, std::move(port));
  if (opened) return *id;
  slots_.release(*id);
  return std::unexpected(opened.error());
}

Result<SlotId> Plane::listenForThreads(const ListenSettings& settings, std::shared_ptr<Quota> quota) {
  auto socket = listeningSocket(settings);
  if (!socket) return std::unexpected(socket.error());
  const auto id = slots_.reserve();
  if (!id) return std::unexpected(IoError{"listen", ENFILE});
  slots_.set(*id, std::make_unique<DispatcherPort>(context_, *id, mailbox_, std::move(*socket), std::move(quota)));
  return *id;
}

Result<SlotId> Plane::openReceiver(bool resetUnlessClosed) {
  const auto id = slots_.reserve();
  if (!id) return std::unexpected(IoError{"listen", ENFILE});
  slots_.set(*id, std::make_unique<ReceiverPort>(context_, *id, mailbox_, resetUnlessClosed));
  return *id;
}

Result<SlotId> Plane::connect(const ConnectSettings& settings) {
  auto socket = connectingSocket(settings);
  if (!socket) return std::unexpected(socket.error());
  const auto id = slots_.reserve();
  if (!id) return std::unexpected(IoError{"connect", ENFILE});
  auto port = std::make_unique<ConnectorPort>(context_, *id, std::move(*socket), settings.peer,
                                              settings.socket.resetUnlessClosed);
  auto started = port->start(std::nullopt);
  slots_.set(*id, std::move(port));
  if (started) return *id;
  slots_.release(*id);
  return std::unexpected(started.error());
}

}  // namespace cotcp
