#include "core/tcp/dispatcher_port.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/sockets.h"
#include "core/tcp/plane.h"

namespace cotcp {

DispatcherPort::DispatcherPort(PortContext& context, SlotId id, std::shared_ptr<Mailbox> mailbox, UniqueFd listener,
                               std::shared_ptr<Quota> quota)
    : Port(PortKind::kDispatcher),
      context_(context),
      id_(id),
      mailbox_(std::move(mailbox)),
      listener_(std::move(listener)),
      quota_(std::move(quota)) {}

std::function<void()> DispatcherPort::waker() const {
  return [mailbox = mailbox_, id = id_] {
    (void)mailbox->post([id](Plane& plane) {
      if (DispatcherPort* port = plane.dispatcher(id.slot, id.generation)) port->onRoom();
    });
  };
}

void DispatcherPort::addLane(uint32_t loop, std::shared_ptr<Mailbox> target, SlotId receiver) {
  lanes_.push_back({loop, std::move(target), receiver, std::make_shared<Transit>(waker())});
  stateWanted();
}

void DispatcherPort::removeLane(uint32_t loop) {
  std::erase_if(lanes_, [&](const Lane& lane) { return lane.loop == loop; });
  if (lentTo_ == loop) lentTo_.reset();
  stateWanted();
}

Result<void> DispatcherPort::lend(uint32_t loop, const std::shared_ptr<Mailbox>& target, SlotId receiver) {
  auto copy = sockets::duplicate(listener_.get());
  if (!copy) return std::unexpected(copy.error());
  const bool posted = target->post([listener = std::move(*copy), quota = quota_, receiver](Plane& plane) mutable {
    if (ReceiverPort* port = plane.receiver(receiver.slot, receiver.generation)) {
      port->listenOn(std::move(listener), std::move(quota));
    }
  });
  if (posted) lentTo_ = loop;
  stateWanted();
  return {};
}

void DispatcherPort::stateWanted() {
  while (!waiting_.empty() && handOver(waiting_.front())) waiting_.pop_front();
  if (lentTo_) {
    door_.reset();
    return;
  }
  if (door_ == nullptr) {
    if (lanes_.empty()) return;
    // Registered with the poller only while it accepts: else each of the lent listener's peers would wake this loop too.
    auto copy = sockets::duplicate(listener_.get());
    if (copy) {
      door_ = std::make_unique<Door>(context_.loop, std::move(*copy), quota_, waker(), *this);
      if (auto opened = door_->open(); !opened) copy = std::unexpected(opened.error());
    }
    if (!copy) {
      door_.reset();
      pushOrQueue(context_, id_, layout::Completion::kAcceptTrouble, copy.error().code, 0);
      return;
    }
  }
  door_->setWanted(!lanes_.empty() && waiting_.empty());
}

void DispatcherPort::onRoom() {
  if (door_) door_->onRoom();
  stateWanted();
}

bool DispatcherPort::canAdmit() {
  if (!context_.completions.hasRoom()) return false;
  // Each one is asked, so that each one that is full wakes this loop when it no longer is.
  size_t full = 0;
  for (const Lane& lane : lanes_) full += lane.transit->isFull() ? 1 : 0;
  if (full < lanes_.size()) return true;
  door_->setWanted(false);
  return false;
}

bool DispatcherPort::handOver(const std::shared_ptr<Newcomer>& newcomer) {
  while (!lanes_.empty()) {
    const size_t at = nextLane();
    const Lane& lane = lanes_[at];
    newcomer->transit = lane.transit->begin();
    const bool posted = lane.target->post([newcomer, receiver = lane.receiver](Plane& plane) {
      if (ReceiverPort* port = plane.receiver(receiver.slot, receiver.generation)) port->take(std::move(*newcomer));
    });
    if (posted) return true;
    // Its thread has ended, of which JavaScript has not heard yet.
    lanes_.erase(lanes_.begin() + static_cast<ptrdiff_t>(at));
  }
  return false;
}

size_t DispatcherPort::nextLane() {
  for (size_t tries = 0; tries < lanes_.size(); ++tries) {
    const size_t at = next_++ % lanes_.size();
    if (!lanes_[at].transit->isFull()) return at;
  }
  return next_ % lanes_.size();
}

void DispatcherPort::onNewcomer(Newcomer newcomer) {
  auto shared = std::make_shared<Newcomer>(std::move(newcomer));
  if (handOver(shared)) return;
  waiting_.push_back(std::move(shared));
  door_->setWanted(false);
}

void DispatcherPort::onDoorTrouble(int error, int refused, bool paused) {
  context_.completions.push(id_, layout::Completion::kAcceptTrouble, error, refused, paused ? 1 : 0);
}

}  // namespace cotcp
