#include "core/tcp/acceptor_port.h"

#include <utility>

#include "core/tcp/newcomer.h"

namespace cotcp {

AcceptorPort::AcceptorPort(PortContext& context, SlotId id, UniqueFd listener, bool resetUnlessClosed)
    : Port(PortKind::kAcceptor),
      context_(context),
      id_(id),
      resetUnlessClosed_(resetUnlessClosed),
      acceptor_(context.loop, std::move(listener), *this) {}

bool AcceptorPort::canTake() { return context_.completions.hasRoom(); }

Result<SlotId> AcceptorPort::admitPeer(UniqueFd fd, const InetAddress& peer) {
  return admit(context_, {std::move(fd), peer, nullptr}, resetUnlessClosed_);
}

void AcceptorPort::onAccepted(UniqueFd fd, const InetAddress& peer) {
  const auto id = admitPeer(std::move(fd), peer);
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
  return admitPeer(std::move(*fd), peer);
}

}  // namespace cotcp
