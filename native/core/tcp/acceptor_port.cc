#include "core/tcp/acceptor_port.h"

#include <cerrno>
#include <memory>
#include <utility>

#include "core/base/sockets.h"

namespace cotcp {

AcceptorPort::AcceptorPort(PortContext& context, SlotId id, UniqueFd listener, bool resetUnlessClosed)
    : Port(PortKind::kAcceptor),
      context_(context),
      id_(id),
      resetUnlessClosed_(resetUnlessClosed),
      acceptor_(context.loop, std::move(listener), *this) {}

bool AcceptorPort::canTake() { return context_.completions.hasRoom(); }

Result<SlotId> AcceptorPort::admit(UniqueFd fd, const InetAddress& peer) {
  auto local = sockets::localAddress(fd.get());
  if (!local) return std::unexpected(local.error());
  const auto id = context_.slots.reserve();
  if (!id) {
    (void)sockets::setResetOnClose(fd.get(), true);
    return std::unexpected(IoError{"accept", ENFILE});
  }
  auto port = std::make_unique<ConnectionPort>(context_, *id, std::move(fd),
                                               TcpConnection::Endpoints{std::move(*local), peer}, resetUnlessClosed_);
  auto opened = port->open();
  if (!opened) port->connection().abandon(true);
  context_.slots.set(*id, std::move(port));
  if (opened) return *id;
  context_.slots.release(*id);
  return std::unexpected(opened.error());
}

void AcceptorPort::onAccepted(UniqueFd fd, const InetAddress& peer) {
  const auto id = admit(std::move(fd), peer);
  if (!id) {
    onTrouble(id.error().code, 1, false);
    return;
  }
  context_.completions.push(id_, layout::Completion::kAccepted, static_cast<int32_t>(id->slot),
                            static_cast<int32_t>(id->generation));
}

void AcceptorPort::onTrouble(int error, int refused, bool paused) {
  context_.completions.push(id_, layout::Completion::kAcceptTrouble, error, refused, paused ? 1 : 0);
}

Result<SlotId> AcceptorPort::acceptNow() {
  InetAddress peer;
  auto fd = acceptor_.acceptNow(peer);
  if (!fd) return std::unexpected(fd.error());
  return admit(std::move(*fd), peer);
}

}  // namespace cotcp
