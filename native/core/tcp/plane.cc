#include "core/tcp/plane.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace cotcp {

Plane::Plane(EventLoop& loop)
    : loop_(loop),
      blocked_(loop_, memory_, completions_),
      context_{loop_, memory_, completions_, area_, budget_, slots_, blocked_},
      mailbox_(std::make_shared<Mailbox>(loop, *this)) {}

Plane::~Plane() { mailbox_->close(); }

void Plane::releaseAll() {
  mailbox_->close();
  remoteCalls_.clear();
  slots_.clear();
}

void Plane::beginTurn() {
  slots_.recycle();
  completions_.clear();
  budget_.renew();
  memory_.control(layout::kTurn) = (memory_.control(layout::kTurn) + 1) & 0x3fffffff;
}

size_t Plane::endTurn() {
  // JavaScript has a budget of its own for what it does with what it is handed here.
  budget_.renew();
  memory_.setTurnStart(static_cast<double>(loop_.turnStart()) / static_cast<double>(kMillisecond));
  memory_.control(layout::kBatch) = static_cast<int32_t>(completions_.size()) + memory_.control(layout::kWaiters);
  return completions_.size();
}

void Plane::leaveBatch() {
  memory_.control(layout::kBatch) = 0;
  drain();
  if (isWaitedFor()) loop_.wakeup();
}

void Plane::drain() {
  const auto count = static_cast<size_t>(memory_.control(layout::kSubmitted));
  memory_.control(layout::kSubmitted) = 0;
  memory_.control(layout::kOutUsed) = 0;
  chainPosts(count);
  for (size_t index = 0; index < count; ++index) {
    if (!chain_[index].isFirst) continue;
    const int32_t* first = memory_.submission(index);
    ConnectionPort* port = connection(static_cast<uint32_t>(first[0]), static_cast<uint32_t>(first[1]));
    if (port != nullptr) port->writePosted(gatherPosts(index));
  }
}

void Plane::chainPosts(size_t count) {
  ++postRound_;
  for (size_t index = 0; index < count; ++index) {
    const int32_t* post = memory_.submission(index);
    ConnectionPort* port = connection(static_cast<uint32_t>(post[0]), static_cast<uint32_t>(post[1]));
    const size_t before = port == nullptr ? kNoPost : port->takePostPlace(postRound_, index);
    chain_[index] = {kNoPost, port != nullptr && before == kNoPost};
    if (before != kNoPost) chain_[before].next = index;
  }
}

std::span<const uint8_t> Plane::gatherPosts(size_t first) {
  const auto bytesOf = [this](size_t index) {
    const int32_t* post = memory_.submission(index);
    return memory_.outSlab().subspan(static_cast<size_t>(post[2]), static_cast<size_t>(post[3]));
  };
  std::span<const uint8_t> bytes = bytesOf(first);
  size_t index = chain_[first].next;
  // Posts that lie side by side are written from where they are.
  for (; index != kNoPost && bytesOf(index).data() == bytes.data() + bytes.size(); index = chain_[index].next)
    bytes = {bytes.data(), bytes.size() + bytesOf(index).size()};
  if (index == kNoPost) return bytes;
  gathered_.assign(bytes.begin(), bytes.end());
  for (; index != kNoPost; index = chain_[index].next) {
    const auto more = bytesOf(index);
    gathered_.insert(gathered_.end(), more.begin(), more.end());
  }
  return gathered_;
}

ConnectionPort* Plane::connection(uint32_t slot, uint32_t generation) const {
  Port* port = slots_.find(slot, generation);
  if (port == nullptr || port->kind() != PortKind::kConnection) return nullptr;
  return static_cast<ConnectionPort*>(port);
}

AcceptorPort* Plane::acceptor(uint32_t slot, uint32_t generation) const {
  Port* port = slots_.find(slot, generation);
  if (port == nullptr || port->kind() != PortKind::kAcceptor) return nullptr;
  return static_cast<AcceptorPort*>(port);
}

DispatcherPort* Plane::dispatcher(uint32_t slot, uint32_t generation) const {
  Port* port = slots_.find(slot, generation);
  if (port == nullptr || port->kind() != PortKind::kDispatcher) return nullptr;
  return static_cast<DispatcherPort*>(port);
}

ReceiverPort* Plane::receiver(uint32_t slot, uint32_t generation) const {
  Port* port = slots_.find(slot, generation);
  if (port == nullptr || port->kind() != PortKind::kReceiver) return nullptr;
  return static_cast<ReceiverPort*>(port);
}

void Plane::release(uint32_t slot, uint32_t generation) {
  if (slots_.find(slot, generation) == nullptr) return;
  slots_.release({slot, generation}).reset();
}

TimerId Plane::startTimer(Nanoseconds after) {
  // The callback has to know its own id, which runAt() returns only afterwards.
  auto id = std::make_shared<TimerId>();
  *id = loop_.timers().runAt(monotonicNow() + after, [this, id] { pushTimer(*id); });
  return *id;
}

void Plane::pushTimer(TimerId timer) {
  // Behind those that wait already, room or not: timers are told in the order of their times.
  const bool mustWait = !dueTimers_.empty();
  dueTimers_.push_back(timer);
  if (!mustWait) pushDueTimers();
}

void Plane::pushDueTimers() {
  for (; !dueTimers_.empty() && completions_.hasRoom(); dueTimers_.pop_front()) {
    const TimerId timer = dueTimers_.front();
    completions_.push({timer.slot, timer.generation}, layout::Completion::kTimer);
  }
  if (!dueTimers_.empty()) loop_.queueInLoop([this] { pushDueTimers(); });
}

}  // namespace cotcp
