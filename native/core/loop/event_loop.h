#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/io_error.h"
#include "core/loop/channel.h"
#include "core/loop/poller.h"
#include "core/loop/timer_queue.h"
#include "core/loop/wakeup.h"

namespace cotcp {

// One loop per thread. Owns the poller, the timers and the wake-up; borrows the channels that are registered with it.
// Everything on the loop's own thread but queueInLoop(), runInLoop() and wakeup().
class EventLoop {
 public:
  using Task = std::move_only_function<void()>;

  static Result<std::unique_ptr<EventLoop>> create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // One wake-up: waits up to timeoutMs (0 = not at all), dispatches one batch of events, runs the queued tasks, then serves
  // the ready list as it was at the start of that step, in order.
  void turn(int timeoutMs);

  // Readable while turn(0) has something to do.
  int descriptor() const;

  // handler.handleTurn() in the next turn; once, however often it is asked for. The loop stays awake until then.
  void enlist(Channel& channel);

  // From any thread, in order. A task queued by a task runs in the next turn.
  void queueInLoop(Task task);
  // At once on the loop's own thread, else queued.
  void runInLoop(Task task);
  bool isInLoopThread() const;
  void wakeup();

  TimerQueue& timers() { return *timers_; }
  Poller& poller() { return *poller_; }

  // When the poller returned; one value per batch.
  Nanoseconds turnStart() const { return turnStart_; }
  uint64_t iterations() const { return iterations_; }

 private:
  // ... the helper who writes event_loop.cc completes this (ReadyList gets a header of its own: loop/ready_list.h)
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<TimerQueue> timers_;
  Nanoseconds turnStart_ = 0;
  uint64_t iterations_ = 0;
};

}  // namespace cotcp
