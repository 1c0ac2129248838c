#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/io_error.h"
#include "core/loop/channel.h"
#include "core/loop/poller.h"
#include "core/loop/ready_list.h"
#include "core/loop/shared_timers.h"
#include "core/loop/timer_queue.h"
#include "core/loop/wakeup.h"

namespace cotcp {

// One loop per thread. Owns the poller, the timers and the wake-up; borrows the channels that are registered with it.
// Everything on the loop's own thread but queueInLoop(), runInLoop(), wakeup() and what sharedTimers() offers.
class EventLoop {
 public:
  using Task = std::move_only_function<void()>;

  static Result<std::unique_ptr<EventLoop>> create(PollerFactory createPoller = createEpollPoller);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // One wake-up: waits up to timeoutMs (0 = not at all), dispatches one batch of events, runs the queued tasks, then
  // serves the ready list as it was when the wait ended, in order. Not from inside itself; what runs in it must not
  // destroy the loop. A signal may end the wait early.
  void turn(int timeoutMs);

  // Readable while turn(0) has something to do; -1 with a poller that has none.
  int descriptor() const { return poller_->descriptor(); }

  // handler.handleTurn() in the next turn; once, however often it is asked for. The loop stays awake until then. Asked
  // from inside a turn it is not this one's: what has used up its share has to wait for the others. Nothing for a
  // closed channel.
  void enlist(Channel& channel);

  // From any thread, in order. A task queued by a task runs in the next turn; what never runs is destroyed with the
  // loop.
  void queueInLoop(Task task);
  // At once on the loop's own thread, else queued.
  void runInLoop(Task task);
  bool isInLoopThread() const { return std::this_thread::get_id() == threadId_; }
  // Makes the wait of the turn under way, or else of the next, return.
  void wakeup();

  TimerQueue& timers() { return *timers_; }
  SharedTimers& sharedTimers() { return sharedTimers_; }
  Poller& poller() { return *poller_; }

  // When the poller returned; one value per batch.
  Nanoseconds turnStart() const { return turnStart_; }
  uint64_t iterations() const { return iterations_; }

 private:
  // The wake-up has no event of its own to handle: that the poller returned is all it is for.
  class NoHandler final : public ChannelHandler {
    void handleEvents(Events) override {}
  };

  EventLoop(std::unique_ptr<Poller> poller, Wakeup wakeup);

  void dispatch(std::span<const PolledEvent> events);
  void runTasks();
  // Makes descriptor() tell whether there is work left.
  void settle();
  void signalLocked();

  const std::thread::id threadId_ = std::this_thread::get_id();
  std::unique_ptr<Poller> poller_;
  NoHandler noHandler_;
  ReadyList ready_;
  Nanoseconds turnStart_ = 0;
  uint64_t iterations_ = 0;
  bool inTurn_ = false;
  std::vector<Task> running_;

  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
  Wakeup wakeup_;            // signalled and cleared under mutex_, together with the flag
  bool signalled_ = false;   // guarded by mutex_
  Channel wakeupChannel_;

  SharedTimers sharedTimers_{*this};  // outlives the queue, whose callbacks know it
  std::unique_ptr<TimerQueue> timers_;
};

}  // namespace cotcp
