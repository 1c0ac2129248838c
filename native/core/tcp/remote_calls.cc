#include "core/tcp/remote_calls.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/tcp/layout.h"
#include "core/tcp/plane.h"

namespace cotcp {

namespace {

// What other threads ask for must not keep this one from its own connections: the rest waits for the next turn.
constexpr size_t kToldPerTurn = 1024;
constexpr uint32_t kIndexMask = 0x7fffffff;  // JavaScript keeps it in an int32

int32_t shownSize(size_t size) {
  return static_cast<int32_t>(std::min<size_t>(size, std::numeric_limits<int32_t>::max()));
}

}  // namespace

ArrivedCall::~ArrivedCall() {
  if (call_ != nullptr) answer(layout::kAnswerLoopGone, {});
}

void ArrivedCall::answer(int32_t status, Parcel parcel) {
  // A caller that has gone waits for nothing.
  (void)caller_->post([ticket = call_->ticket, status, owned = std::move(parcel)](Plane& plane) mutable {
    plane.remoteCalls().onAnswered(ticket, status, std::move(owned));
  });
  call_.reset();
}

bool RemoteCalls::send(Mailbox& owner, std::shared_ptr<Mailbox> caller, std::shared_ptr<RemoteCall> call) {
  const auto sent = sent_.emplace(call->ticket, call).first;
  Mailbox::Task task = [arrived = ArrivedCall(std::move(call), std::move(caller))](Plane& plane) mutable {
    plane.remoteCalls().onArrived(std::move(arrived));
  };
  if (owner.post(std::move(task))) return true;
  // The task, which goes now, answers by itself; nobody listens for it any more.
  sent_.erase(sent);
  return false;
}

bool RemoteCalls::withdraw(uint32_t ticket) {
  const auto found = sent_.find(ticket);
  return found != sent_.end() && found->second->withdraw();
}

Parcel RemoteCalls::takeAnswer(uint32_t ticket) {
  const auto found = answers_.find(ticket);
  if (found == answers_.end()) return {};
  Parcel parcel = std::move(found->second);
  answers_.erase(found);
  return parcel;
}

RemoteCall* RemoteCalls::take(uint32_t index) {
  const auto found = arrived_.find(index);
  if (found == arrived_.end()) return nullptr;
  RemoteCall& call = found->second.call();
  if (call.take()) return &call;
  answer(index, layout::kAnswerWithdrawn, {});
  return nullptr;
}

void RemoteCalls::answer(uint32_t index, int32_t status, Parcel parcel) {
  const auto found = arrived_.find(index);
  if (found == arrived_.end()) return;
  found->second.answer(status, std::move(parcel));
  arrived_.erase(found);
}

void RemoteCalls::clear() {
  waiting_.clear();
  while (!arrived_.empty()) arrived_.erase(arrived_.begin());
  sent_.clear();
  answers_.clear();
}

void RemoteCalls::onArrived(ArrivedCall arrived) {
  do {
    nextIndex_ = (nextIndex_ + 1) & kIndexMask;
  } while (arrived_.contains(nextIndex_));
  const RemoteCall& call = arrived.call();
  const Notice notice{call.target, layout::Completion::kRemoteCall, static_cast<int32_t>(nextIndex_), call.operation,
                      shownSize(call.size)};
  arrived_.emplace(nextIndex_, std::move(arrived));
  tell(notice);
}

void RemoteCalls::onAnswered(uint32_t ticket, int32_t status, Parcel parcel) {
  if (sent_.erase(ticket) == 0) return;
  const bool hasParcel = parcel.size() > 0;
  if (hasParcel) answers_.insert_or_assign(ticket, std::move(parcel));
  tell({{ticket, 0}, layout::Completion::kRemoteAnswer, status, hasParcel, 0});
}

void RemoteCalls::tell(const Notice& notice) {
  // Behind those that wait already, room or not: the order of each caller is kept.
  const bool mustWait = !waiting_.empty();
  waiting_.push_back(notice);
  if (!mustWait) tellWaiting();
}

void RemoteCalls::tellWaiting() {
  for (; !waiting_.empty() && mayTell(); waiting_.pop_front()) {
    const Notice& notice = waiting_.front();
    completions_.push(notice.id, notice.kind, notice.a, notice.b, notice.c);
    ++toldInTurn_;
  }
  if (!waiting_.empty()) loop_.queueInLoop([this] { tellWaiting(); });
}

bool RemoteCalls::mayTell() {
  if (turn_ != loop_.iterations()) {
    turn_ = loop_.iterations();
    toldInTurn_ = 0;
  }
  return toldInTurn_ < kToldPerTurn && completions_.hasRoom();
}

}  // namespace cotcp
