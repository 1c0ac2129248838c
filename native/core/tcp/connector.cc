#include "core/tcp/connector.h"

#include <cerrno>
#include <utility>

#include "core/base/errno_table.h"
#include "core/base/sockets.h"

namespace cotcp {

Connector::Connector(EventLoop& loop, UniqueFd socket, const InetAddress& peer, Observer& observer)
    : loop_(loop),
      observer_(observer),
      socket_(std::move(socket)),
      peer_(peer),
      channel_(loop, socket_.get(), *this, Trigger::kEdge) {
  channel_.setInterest(kReadable, false);
  channel_.setInterest(kWritable, true);
}

Connector::~Connector() {
  if (deadline_) loop_.timers().cancel(*deadline_);
}

Result<void> Connector::start(std::optional<Nanoseconds> within) {
  const auto connected = sockets::connect(socket_.get(), peer_);
  if (!connected && connectAction(connected.error().code) == ConnectAction::kFailed) return connected;
  if (auto opened = channel_.open(); !opened) return opened;
  if (within) {
    deadline_ = loop_.timers().runAt(monotonicNow() + *within, [this] {
      deadline_.reset();
      finish(std::unexpected(IoError{"connect", ETIMEDOUT}));
    });
  }
  // Connected already (a unix socket): told in a turn all the same.
  if (connected) loop_.enlist(channel_);
  return {};
}

void Connector::handleTurn() {
  if (socket_) finish(checkConnected());
}

void Connector::handleEvents(Events events) {
  if (socket_ && (events & (kWritable | kError | kHangUp))) finish(checkConnected());
}

Result<void> Connector::checkConnected() {
  const auto error = sockets::takeError(socket_.get());
  if (!error) return std::unexpected(error.error());
  if (*error != 0) return std::unexpected(IoError{"connect", *error});
  const auto local = sockets::localAddress(socket_.get());
  if (!local) return std::unexpected(local.error());
  // The unspecified address reaches a loopback one: what counts is whom the kernel has found. A peer that has reset it
  // already has no address any more.
  const auto peer = sockets::peerAddress(socket_.get());
  // A local port chosen equal to the wanted one meets itself in a simultaneous open (RFC 9293, 3.5): nobody else is there.
  if (local->sameEndpoint(peer ? *peer : peer_)) {
    // No TIME_WAIT on a port that somebody is going to listen on.
    (void)sockets::setResetOnClose(socket_.get(), true);
    return std::unexpected(IoError{"connect", ECONNREFUSED});
  }
  return {};
}

void Connector::finish(Result<void> outcome) {
  if (deadline_) {
    loop_.timers().cancel(*deadline_);
    deadline_.reset();
  }
  channel_.close();
  UniqueFd socket = std::move(socket_);
  if (outcome) {
    observer_.onConnected(std::move(socket));
    return;
  }
  socket.reset();
  observer_.onFailed(outcome.error());
}

}  // namespace cotcp
