#include "core/loop/timer_queue.h"

#include <sys/timerfd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace cotcp {

namespace {

constexpr uint32_t kNoSlot = UINT32_MAX;
constexpr Nanoseconds kNever = INT64_MAX;
// So many cancelled entries are never worth a clean-up.
constexpr size_t kToleratedEntries = 64;

Nanoseconds addSaturated(Nanoseconds when, Nanoseconds interval) {
  return interval > kNever - when ? kNever : when + interval;
}

}  // namespace

Result<std::unique_ptr<TimerQueue>> TimerQueue::create(EventLoop& loop) {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd) return std::unexpected(IoError{"timerfd_create", errno});
  std::unique_ptr<TimerQueue> queue(new TimerQueue(loop, std::move(fd)));
  if (auto opened = queue->channel_.open(); !opened) return std::unexpected(opened.error());
  return queue;
}

TimerQueue::TimerQueue(EventLoop& loop, UniqueFd fd)
    : fd_(std::move(fd)), channel_(loop, fd_.get(), *this, Trigger::kLevel) {}

TimerQueue::~TimerQueue() {
  channel_.close();
  // What a callback owns may cancel or arm other timers when it goes: it must find a sound queue.
  for (uint32_t slot = 0; slot < timers_.size(); ++slot) {
    const Callback callback = std::move(timers_[slot].callback);
  }
}

TimerId TimerQueue::runAt(Nanoseconds when, Callback callback) { return arm(when, 0, std::move(callback)); }

TimerId TimerQueue::runEvery(Nanoseconds interval, Callback callback) {
  const Nanoseconds step = std::max<Nanoseconds>(interval, 1);
  return arm(addSaturated(monotonicNow(), step), step, std::move(callback));
}

bool TimerQueue::cancel(TimerId timer) {
  if (!isArmed(timer)) return false;
  const Callback callback = release(timer);
  if (heap_.size() > 2 * armed_ + kToleratedEntries) dropCancelled();
  return true;
}

void TimerQueue::handleEvents(Events) {
  // One look at the clock and one look at the heap: what callbacks arm now waits for the next turn, due or not.
  const Nanoseconds now = monotonicNow();
  firing_ = true;
  while (!heap_.empty() && heap_.front().when <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    due_.push_back(heap_.back());
    heap_.pop_back();
  }
  for (const Entry& entry : due_) fire(entry);
  due_.clear();
  firing_ = false;
  settle();
}

void TimerQueue::fire(const Entry& entry) {
  if (!isArmed(entry.id)) return;
  Timer& timer = timers_[entry.id.slot];
  if (timer.interval == 0) {
    Callback callback = release(entry.id);
    callback();
    return;
  }
  Callback callback = std::move(timer.callback);
  callback();
  // The callback may have cancelled its own timer. A deque that grows does not move what is in it.
  if (!isArmed(entry.id)) return;
  timer.callback = std::move(callback);
  const Nanoseconds interval = timer.interval;
  const Nanoseconds missed = std::max<Nanoseconds>(0, (monotonicNow() - entry.when) / interval);
  enqueue(addSaturated(entry.when + missed * interval, interval), entry.id);
}

TimerId TimerQueue::arm(Nanoseconds when, Nanoseconds interval, Callback callback) {
  uint32_t slot = firstFree_;
  if (slot == kNoSlot) {
    slot = static_cast<uint32_t>(timers_.size());
    timers_.emplace_back();
    generations_.push_back(0);
  } else {
    firstFree_ = timers_[slot].nextFree;
  }
  Timer& timer = timers_[slot];
  timer.callback = std::move(callback);
  timer.interval = interval;
  timer.nextFree = kNoSlot;
  ++armed_;
  const TimerId id{.slot = slot, .generation = ++generations_[slot]};
  enqueue(when, id);
  // While callbacks run settle() is still to come. A timerfd that is set for earlier finds this one in its turn.
  if (!firing_ && when < setFor_) setTime(when);
  return id;
}

void TimerQueue::enqueue(Nanoseconds when, TimerId id) {
  heap_.push_back({when, nextSequence_++, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool TimerQueue::isArmed(TimerId id) const {
  // Odd while armed: the generation that a free slot has now was never handed out.
  return id.slot < generations_.size() && generations_[id.slot] == id.generation && id.generation % 2 == 1;
}

TimerQueue::Callback TimerQueue::release(TimerId id) {
  Timer& timer = timers_[id.slot];
  ++generations_[id.slot];
  timer.nextFree = std::exchange(firstFree_, id.slot);
  --armed_;
  return std::move(timer.callback);
}

void TimerQueue::dropCancelled() {
  std::erase_if(heap_, [this](const Entry& entry) { return !isArmed(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void TimerQueue::settle() {
  while (!heap_.empty() && !isArmed(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  setTime(heap_.empty() ? kNever : heap_.front().when);
}

void TimerQueue::setTime(Nanoseconds when) {
  setFor_ = when;
  itimerspec time{};
  if (when != kNever) {
    // 0 would disarm: what is due since long is set for the first nanosecond of the clock.
    const Nanoseconds at = std::max<Nanoseconds>(when, 1);
    time.it_value.tv_sec = at / kSecond;
    time.it_value.tv_nsec = at % kSecond;
  }
  // Setting it also forgets the expirations there were (timerfd_create(2)), so that nothing has to be read.
  [[maybe_unused]] const int result = ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &time, nullptr);
  assert(result == 0);
}

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
}

}  // namespace cotcp
