#pragma once

#include <memory>
#include <mutex>
#include <thread>

#include "core/base/io_error.h"
#include "core/loop/event_loop.h"
#include "core/loop/poller.h"

namespace cotcp {

// A thread that turns a loop of its own. Owns the thread; the thread owns the loop, so that what belongs to the loop goes
// where it was used. Everything on one other thread, which starts and stops it.
class EventLoopThread {
 public:
  // Waits until the loop exists; what kept it from existing is told here.
  static Result<std::unique_ptr<EventLoopThread>> start(PollerFactory createPoller = createEpollPoller);
  ~EventLoopThread();  // stop()
  EventLoopThread(const EventLoopThread&) = delete;
  EventLoopThread& operator=(const EventLoopThread&) = delete;

  // Until stop(). Which of its calls are for other threads, it says itself.
  EventLoop& loop() { return *loop_; }
  // Returns when the loop is gone. What was queued before runs; what is queued by then is destroyed. Not from the loop's own
  // thread.
  void stop();

 private:
  class Start;

  EventLoopThread() = default;
  void run(PollerFactory createPoller, Start& start);

  EventLoop* loop_ = nullptr;
  std::mutex mutex_;       // held while the loop is told to stop: it must not go meanwhile
  bool stopping_ = false;  // the loop's thread alone
  std::thread thread_;
};

}  // namespace cotcp
