#pragma once

// A thread with a loop, a plane and the JavaScript that works with it: what an environment is, without Node.

#include <atomic>
#include <functional>
#include <thread>

#include "core/tcp/loop_registry.h"
#include "plane_fixture.h"

namespace cotcp::test {

class PlaneThread {
 public:
  // What JavaScript would do with each completion of a batch, on the thread.
  using Handler = std::function<void(Plane&, const Told&)>;

  PlaneThread(LoopRegistry& registry, uint32_t wanted, Handler handler = {})
      : registry_(registry), handler_(std::move(handler)), thread_([this, wanted] { run(wanted); }) {
    while (!ready_.load()) std::this_thread::yield();
  }
  ~PlaneThread() { stop(); }
  PlaneThread(const PlaneThread&) = delete;
  PlaneThread& operator=(const PlaneThread&) = delete;

  uint32_t number() const { return number_; }
  // As an environment ends: in the middle of everything.
  void stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    if (const auto mailbox = registry_.find(number_)) mailbox->post([](Plane&) {});
    thread_.join();
  }
  // Runs on the thread, and has run when this returns.
  void run(std::function<void(Plane&)> call) {
    std::atomic<bool> done = false;
    const auto mailbox = registry_.find(number_);
    REQUIRE(mailbox != nullptr);
    REQUIRE(mailbox->post([&](Plane& plane) {
      call(plane);
      done.store(true);
    }));
    while (!done.load()) std::this_thread::yield();
  }

 private:
  void run(uint32_t wanted) {
    PlaneScene scene;
    number_ = registry_.add(wanted, scene.plane.mailbox());
    ready_.store(true);
    while (!stopping_.load()) {
      scene.turn(10);
      for (const Told& one : std::exchange(scene.told, {})) {
        if (handler_) handler_(scene.plane, one);
      }
    }
    registry_.remove(number_);
  }

  LoopRegistry& registry_;
  Handler handler_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> stopping_ = false;
  uint32_t number_ = 0;
  std::thread thread_;
};

}  // namespace cotcp::test
