#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/io_error.h"
#include "core/loop/event_loop.h"
#include "core/loop/event_loop_thread.h"
#include "core/loop/poller.h"

namespace cotcp {

// Loops of their own threads, handed out in turn; the base loop alone if there are none. Owns the threads, borrows the base
// loop. The base loop's thread only.
class EventLoopThreadPool {
 public:
  // Every loop exists then, or none: what kept one from existing is told, and the others have ended.
  static Result<std::unique_ptr<EventLoopThreadPool>> start(EventLoop& base, size_t threads,
                                                            PollerFactory createPoller = createEpollPoller);
  // Round-robin.
  EventLoop& nextLoop();
  // Those that nextLoop() hands out.
  std::vector<EventLoop*> loops();
  size_t threads() const { return threads_.size(); }
  // Ends every thread; from here on there is the base loop alone.
  void stop() { threads_.clear(); }

 private:
  explicit EventLoopThreadPool(EventLoop& base) : base_(base) {}

  EventLoop& base_;
  std::vector<std::unique_ptr<EventLoopThread>> threads_;
  size_t next_ = 0;
};

}  // namespace cotcp
