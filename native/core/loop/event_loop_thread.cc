#include "core/loop/event_loop_thread.h"

#include <cassert>
#include <condition_variable>
#include <optional>
#include <system_error>
#include <utility>

namespace cotcp {

// What the new thread tells the one that waits for it.
class EventLoopThread::Start {
 public:
  void tell(Result<EventLoop*> outcome) {
    // Told under the lock: the one that waits destroys this object as soon as it can have it.
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    told_.notify_one();
  }
  Result<EventLoop*> wait() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return outcome_.has_value(); });
    return *outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Result<EventLoop*>> outcome_;
};

Result<std::unique_ptr<EventLoopThread>> EventLoopThread::start(PollerFactory createPoller) {
  std::unique_ptr<EventLoopThread> self(new EventLoopThread);
  Start start;
  try {
    self->thread_ = std::thread([&start, createPoller, &thread = *self] { thread.run(createPoller, start); });
  } catch (const std::system_error& error) {
    return std::unexpected(IoError{"pthread_create", error.code().value()});
  }
  const auto loop = start.wait();
  if (!loop) {
    self->thread_.join();
    return std::unexpected(loop.error());
  }
  self->loop_ = *loop;
  return self;
}

EventLoopThread::~EventLoopThread() { stop(); }

void EventLoopThread::stop() {
  if (!thread_.joinable()) return;
  assert(!loop_->isInLoopThread());
  {
    const std::lock_guard lock(mutex_);
    loop_->queueInLoop([this] { stopping_ = true; });
  }
  thread_.join();
  loop_ = nullptr;
}

void EventLoopThread::run(PollerFactory createPoller, Start& start) {
  auto loop = EventLoop::create(createPoller);
  if (!loop) {
    start.tell(std::unexpected(loop.error()));
    return;
  }
  start.tell(loop->get());
  while (!stopping_) (*loop)->turn(-1);
  // stop() may still be on its way out of the loop.
  { const std::lock_guard lock(mutex_); }
}

}  // namespace cotcp
