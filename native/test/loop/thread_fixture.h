#pragma once

// A loop on a thread of its own, and calls into it that wait for their end.

#include <condition_variable>
#include <mutex>

#include "core/loop/event_loop_thread.h"
#include "fixture.h"

namespace cotcp::test {

inline std::unique_ptr<EventLoopThread> startThread() { return VALUE_OF(EventLoopThread::start(testPoller())); }

// Opened once, by one thread for another.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// Returns when the call has run on the loop's thread.
template <typename Call>
void onLoop(EventLoop& loop, Call call) {
  Gate done;
  loop.runInLoop([&] {
    call();
    done.open();
  });
  done.wait();
}

}  // namespace cotcp::test
