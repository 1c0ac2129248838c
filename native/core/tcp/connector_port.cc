#include "core/tcp/connector_port.h"

#include <sys/socket.h>

#include <memory>
#include <utility>

#include "core/base/sockets.h"

namespace cotcp {

ConnectorPort::ConnectorPort(PortContext& context, SlotId id, UniqueFd socket, const InetAddress& peer,
                             bool resetUnlessClosed)
    : Port(PortKind::kConnector),
      context_(context),
      id_(id),
      peer_(peer),
      resetUnlessClosed_(resetUnlessClosed),
      connector_(context.loop, std::move(socket), peer, *this) {}

void ConnectorPort::onConnected(UniqueFd fd) {
  auto local = sockets::localAddress(fd.get());
  if (!local) {
    onFailed(local.error());
    return;
  }
  // Whom the kernel has found, which for the unspecified address is another one; a unix path stays as it was given.
  auto peer = peer_.family() == AF_UNIX ? Result<InetAddress>(peer_) : sockets::peerAddress(fd.get());
  auto port = std::make_unique<ConnectionPort>(
      context_, id_, std::move(fd), TcpConnection::Endpoints{std::move(*local), peer ? std::move(*peer) : peer_},
      resetUnlessClosed_);
  if (auto opened = port->open(); !opened) {
    port->connection().abandon(true);
    onFailed(opened.error());
    return;
  }
  // Taking our own place destroys us: what follows may use locals only.
  PortContext& context = context_;
  const SlotId id = id_;
  context.slots.set(id, std::move(port));
  pushOrQueue(context, id, layout::Completion::kConnected, 0, 0);
}

void ConnectorPort::onFailed(const IoError& error) {
  pushOrQueue(context_, id_, layout::Completion::kConnectFailed, error.code, syscallIndex(error.syscall));
}

}  // namespace cotcp
