#include "core/loop/event_loop.h"

#include <cassert>
#include <utility>

namespace cotcp {

namespace {

// A burst of tasks must not hold its memory for ever.
constexpr size_t kKeptTasks = 4096;

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create(PollerFactory createPoller) {
  auto poller = createPoller();
  if (!poller) return std::unexpected(poller.error());
  auto wakeup = Wakeup::create();
  if (!wakeup) return std::unexpected(wakeup.error());
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(*poller), std::move(*wakeup)));
  if (auto opened = loop->wakeupChannel_.open(); !opened) return std::unexpected(opened.error());
  auto timers = TimerQueue::create(*loop);
  if (!timers) return std::unexpected(timers.error());
  loop->timers_ = std::move(*timers);
  return loop;
}

EventLoop::EventLoop(std::unique_ptr<Poller> poller, Wakeup wakeup)
    : poller_(std::move(poller)),
      wakeup_(std::move(wakeup)),
      wakeupChannel_(*this, wakeup_.fd(), noHandler_, Trigger::kLevel) {}

EventLoop::~EventLoop() {
  assert(!inTurn_);
  // What a task owns may queue another one when it goes.
  for (;;) {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    if (tasks.empty()) return;
  }
}

void EventLoop::turn(int timeoutMs) {
  assert(isInLoopThread() && !inTurn_);
  // Work that is left keeps the wake-up readable, so the wait does not sleep over it.
  const auto events = poller_->wait(timeoutMs);
  turnStart_ = monotonicNow();
  ++iterations_;
  inTurn_ = true;
  ready_.beginTurn();
  dispatch(events);
  runTasks();
  ready_.serve(*poller_);
  inTurn_ = false;
  settle();
}

void EventLoop::enlist(Channel& channel) {
  assert(isInLoopThread());
  ready_.add(channel);
  if (!inTurn_ && !ready_.empty()) wakeup();
}

void EventLoop::queueInLoop(Task task) {
  // A turn under way on this thread sees to the wake-up at its end: a task it queues costs no system call.
  const bool turnWillSee = isInLoopThread() && inTurn_;
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (!turnWillSee) signalLocked();
}

void EventLoop::runInLoop(Task task) {
  if (isInLoopThread()) {
    task();
  } else {
    queueInLoop(std::move(task));
  }
}

void EventLoop::wakeup() {
  const std::lock_guard lock(mutex_);
  signalLocked();
}

void EventLoop::dispatch(std::span<const PolledEvent> events) {
  for (const PolledEvent& event : events) {
    // An earlier handler of this batch may have closed the channel.
    if (Channel* channel = poller_->find(event.id)) channel->handler().handleEvents(event.events);
  }
}

void EventLoop::runTasks() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(tasks_);
  }
  for (Task& queued : running_) {
    // Goes when it has run, not with the whole batch: it may own a connection.
    Task task = std::move(queued);
    task();
  }
  running_.clear();
  if (running_.capacity() > kKeptTasks) running_.shrink_to_fit();
}

void EventLoop::settle() {
  const std::lock_guard lock(mutex_);
  const bool workLeft = !ready_.empty() || !tasks_.empty();
  if (workLeft) {
    signalLocked();
  } else if (signalled_) {
    signalled_ = false;
    wakeup_.clear();
  }
}

void EventLoop::signalLocked() {
  if (std::exchange(signalled_, true)) return;
  wakeup_.signal();
}

}  // namespace cotcp
