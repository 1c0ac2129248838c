#pragma once

#include <functional>
#include <mutex>

namespace cotcp {

class EventLoop;
class Plane;

// Where other threads leave work for the plane of one loop. Borrows the loop and the plane until close(). post() from any
// thread, close() on the loop's own.
class Mailbox {
 public:
  using Task = std::move_only_function<void(Plane&)>;

  Mailbox(EventLoop& loop, Plane& plane) : loop_(&loop), plane_(&plane) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Runs on the loop's thread, in order for each thread that posts; what the end of the loop is faster than is destroyed
  // there. false: the loop has gone, and the task is still the caller's.
  bool post(Task&& task);
  // Before plane or loop go: nothing reaches them from now on.
  void close();

 private:
  std::mutex mutex_;  // held while a task is queued: the loop must not go meanwhile
  EventLoop* loop_;   // guarded by mutex_; nullptr when closed
  Plane* const plane_;
};

}  // namespace cotcp
