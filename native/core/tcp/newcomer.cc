#include "core/tcp/newcomer.h"

#include <sys/socket.h>

#include <cerrno>

#include "core/base/sockets.h"
#include "core/tcp/connection_port.h"

namespace cotcp {

bool Transit::isFull() {
  if (underWay_.load() < kMost) return false;
  stalled_.store(true);
  // Between the two looks the last one may have left without seeing that somebody waits.
  return underWay_.load() >= kMost;
}

void Transit::leave() {
  // Half of it free: not a wake-up for each one.
  if (--underWay_ <= kMost / 2 && stalled_.load() && stalled_.exchange(false)) wake_();
}

Newcomer::~Newcomer() {
  if (fd) (void)sockets::setResetOnClose(fd.get(), true);
}

namespace {

// What the kernel keeps for a peer that takes nothing is up to tcp_wmem, megabytes, and a thousand such peers use up tcp_mem,
// which is everybody's (tcp(7); docs/decisions/014). So where there are many, each gets less room.
constexpr size_t kManySlots = 128;
constexpr int kUnsentBytesOfMany = 256 * 1024;

// Best effort: without it the connection works as well.
void limitUnsentOfMany(const PortContext& context, const Newcomer& newcomer) {
  if (context.slots.used() < kManySlots || newcomer.peer.family() == AF_UNIX) return;
  (void)sockets::setUnsentLimit(newcomer.fd.get(), kUnsentBytesOfMany);
}

}  // namespace

Result<SlotId> admit(PortContext& context, Newcomer newcomer, bool resetUnlessClosed) {
  auto local = sockets::localAddress(newcomer.fd.get());
  if (!local) return std::unexpected(local.error());
  limitUnsentOfMany(context, newcomer);
  const auto id = context.slots.reserve();
  if (!id) return std::unexpected(IoError{"accept", ENFILE});
  auto port = std::make_unique<ConnectionPort>(context, *id, std::move(newcomer.fd),
                                               TcpConnection::Endpoints{std::move(*local), std::move(newcomer.peer)},
                                               resetUnlessClosed);
  port->keep(std::move(newcomer.ticket));
  auto opened = port->open();
  if (!opened) port->connection().abandon(true);
  context.slots.set(*id, std::move(port));
  if (opened) return *id;
  context.slots.release(*id);
  return std::unexpected(opened.error());
}

}  // namespace cotcp
