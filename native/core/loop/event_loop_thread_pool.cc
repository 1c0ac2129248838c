#include "core/loop/event_loop_thread_pool.h"

#include <cassert>
#include <utility>

namespace cotcp {

Result<std::unique_ptr<EventLoopThreadPool>> EventLoopThreadPool::start(EventLoop& base, size_t threads,
                                                                        PollerFactory createPoller) {
  assert(base.isInLoopThread());
  std::unique_ptr<EventLoopThreadPool> pool(new EventLoopThreadPool(base));
  for (size_t i = 0; i < threads; ++i) {
    auto thread = EventLoopThread::start(createPoller);
    if (!thread) return std::unexpected(thread.error());
    pool->threads_.push_back(std::move(*thread));
  }
  return pool;
}

EventLoop& EventLoopThreadPool::nextLoop() {
  assert(base_.isInLoopThread());
  if (threads_.empty()) return base_;
  return threads_[next_++ % threads_.size()]->loop();
}

std::vector<EventLoop*> EventLoopThreadPool::loops() {
  if (threads_.empty()) return {&base_};
  std::vector<EventLoop*> loops;
  for (const auto& thread : threads_) loops.push_back(&thread->loop());
  return loops;
}

}  // namespace cotcp
