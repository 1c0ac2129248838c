#include "core/tcp/dispatcher_port.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/sockets.h"
#include "core/tcp/plane.h"

namespace cotcp {

namespace {

// While threads have newcomers that they have not seen, each wake-up of this loop for one more would take the core from them,
// or from others (docs/decisions/013).
constexpr Nanoseconds kRest = kMillisecond;
// Before another try to open the door. A freed descriptor is noticed within it.
constexpr Nanoseconds kRetry = 80 * kMillisecond;

}  // namespace

DispatcherPort::DispatcherPort(PortContext& context, SlotId id, std::shared_ptr<Mailbox> mailbox, UniqueFd listener,
                               std::shared_ptr<Quota> quota)
    : Port(PortKind::kDispatcher),
      context_(context),
      id_(id),
      mailbox_(std::move(mailbox)),
      listener_(std::move(listener)),
      quota_(std::move(quota)) {}

DispatcherPort::~DispatcherPort() {
  if (retry_) context_.loop.timers().cancel(*retry_);
}

std::function<void()> DispatcherPort::waker() const {
  return [mailbox = mailbox_, id = id_] {
    (void)mailbox->post([id](Plane& plane) {
      if (DispatcherPort* port = plane.dispatcher(id.slot, id.generation)) port->onRoom();
    });
  };
}

void DispatcherPort::addLane(uint32_t loop, std::shared_ptr<Mailbox> target, SlotId receiver) {
  lanes_.push_back({loop, std::move(target), receiver, std::make_shared<Transit>(waker()), {}});
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
  while (!waiting_.empty() && !lanes_.empty()) {
    assign(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  sendParcels();
  if (lentTo_ && (door_ == nullptr || !door_->holdsPeer())) {
    door_.reset();
    return;
  }
  if (door_ == nullptr) {
    if (lanes_.empty() || retry_) return;
    if (auto opened = openDoor(); !opened) {
      door_.reset();
      pushOrQueue(context_, id_, layout::Completion::kAcceptTrouble, opened.error().code, 0);
      retry_ = context_.loop.timers().runAt(monotonicNow() + kRetry, [this] {
        retry_.reset();
        stateWanted();
      });
      return;
    }
  }
  door_->setWanted(!lentTo_ && !lanes_.empty() && waiting_.empty());
}

Result<void> DispatcherPort::openDoor() {
  // Registered with the poller only while it accepts: else each of the lent listener's peers would wake this loop too.
  auto copy = sockets::duplicate(listener_.get());
  if (!copy) return std::unexpected(copy.error());
  door_ = std::make_unique<Door>(context_.loop, std::move(*copy), quota_, waker(), *this);
  return door_->open();
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

void DispatcherPort::assign(Newcomer newcomer) {
  if (lanes_.empty()) {
    waiting_.push_back(std::move(newcomer));
    return;
  }
  Lane& lane = lanes_[nextLane()];
  newcomer.transit = lane.transit->begin();
  lane.parcel.push_back(std::move(newcomer));
}

bool DispatcherPort::sendParcel(Lane& lane) {
  if (lane.parcel.empty()) return true;
  auto parcel = std::make_shared<std::vector<Newcomer>>(std::exchange(lane.parcel, {}));
  const bool posted = lane.target->post([parcel, receiver = lane.receiver](Plane& plane) {
    ReceiverPort* port = plane.receiver(receiver.slot, receiver.generation);
    if (port == nullptr) return;
    for (Newcomer& newcomer : *parcel) port->take(std::move(newcomer));
  });
  if (!posted) lane.parcel = std::move(*parcel);
  return posted;
}

void DispatcherPort::sendParcels() {
  for (size_t at = 0; at < lanes_.size();) {
    if (sendParcel(lanes_[at])) {
      ++at;
      continue;
    }
    // Its thread has ended, of which JavaScript has not heard yet. The others may all get more.
    auto parcel = std::move(lanes_[at].parcel);
    lanes_.erase(lanes_.begin() + static_cast<ptrdiff_t>(at));
    for (Newcomer& newcomer : parcel) assign(std::move(newcomer));
    at = 0;
  }
  if (door_ != nullptr && !waiting_.empty()) door_->setWanted(false);
}

size_t DispatcherPort::nextLane() {
  for (size_t tries = 0; tries < lanes_.size(); ++tries) {
    const size_t at = next_++ % lanes_.size();
    if (!lanes_[at].transit->isFull()) return at;
  }
  return next_ % lanes_.size();
}

void DispatcherPort::onNewcomer(Newcomer newcomer) { assign(std::move(newcomer)); }

void DispatcherPort::onRoundEnd() {
  const bool any = std::ranges::any_of(lanes_, [](const Lane& lane) { return !lane.parcel.empty(); });
  const bool behind =
      std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.transit->isBehind(lane.parcel.size()); });
  sendParcels();
  // Not after a round without newcomers: a thread that computes for long would make this loop look every time.
  if (any && behind && door_ != nullptr) door_->restIfDrained(kRest);
}

void DispatcherPort::onDoorTrouble(int error, int refused, bool paused) {
  context_.completions.push(id_, layout::Completion::kAcceptTrouble, error, refused, paused ? 1 : 0);
}

}  // namespace cotcp
