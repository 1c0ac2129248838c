#include "core/tcp/door.h"

#include <utility>

#include "core/base/sockets.h"

namespace cotcp {

Door::Door(EventLoop& loop, UniqueFd listener, std::shared_ptr<Quota> quota, std::function<void()> wake, Host& host)
    : host_(host), quota_(std::move(quota)), wake_(std::move(wake)), acceptor_(loop, std::move(listener), *this) {}

// A clean end would be a lie.
Door::~Door() {
  if (held_) (void)sockets::setResetOnClose(held_->fd.get(), true);
}

void Door::setWanted(bool wanted) {
  wanted_ = wanted;
  stateDemand();
}

void Door::stateDemand() { acceptor_.setDemand(wanted_ && !waiting_ ? Acceptor::kUnlimited : 0); }

bool Door::hasRoom() {
  if (waiting_) return false;
  waiting_ = !quota_->hasRoom(wake_);
  return !waiting_;
}

void Door::onRoom() {
  waiting_ = false;
  if (auto held = std::exchange(held_, std::nullopt)) offer(std::move(*held));
  stateDemand();
}

bool Door::canTake() {
  if (!hasRoom()) {
    stateDemand();
    return false;
  }
  return host_.canAdmit();
}

void Door::onAccepted(UniqueFd fd, const InetAddress& peer) { offer({std::move(fd), peer}); }

void Door::offer(Held peer) {
  // Room and a place may differ where several threads accept: then it waits for the next room.
  do {
    auto ticket = quota_->enter(peer.peer);
    if (ticket) {
      host_.onNewcomer({std::move(peer.fd), std::move(peer.peer), std::move(*ticket)});
      return;
    }
    if (ticket.error() == Quota::Refusal::kReset) {
      (void)sockets::setResetOnClose(peer.fd.get(), true);
      return;
    }
  } while (hasRoom());
  held_ = std::move(peer);
  stateDemand();
}

void Door::onTrouble(int error, int refused, bool paused) { host_.onDoorTrouble(error, refused, paused); }

}  // namespace cotcp
