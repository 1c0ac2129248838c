#include "core/loop/event_loop_thread.h"

#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "limits.h"
#include "thread_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("start returns when the loop exists, and its thread turns it") {
  const auto thread = startThread();
  CHECK(!thread->loop().isInLoopThread());
  std::thread::id ranOn;
  bool inLoop = false;
  onLoop(thread->loop(), [&] {
    ranOn = std::this_thread::get_id();
    inLoop = thread->loop().isInLoopThread();
  });
  CHECK(inLoop);
  CHECK(ranOn != std::this_thread::get_id());
}

TEST("a thread that is never used starts and ends") {
  for (int i = 0; i < 50; ++i) startThread();
}

TEST("stop may be called again, and the destructor after it") {
  const auto thread = startThread();
  thread->stop();
  thread->stop();
}

TEST("what was queued before stop runs, in order and on the loop's thread") {
  const auto thread = startThread();
  std::vector<int> order;
  int elsewhere = 0;
  for (int i = 0; i < 1000; ++i) {
    thread->loop().queueInLoop([&, i] {
      order.push_back(i);
      elsewhere += thread->loop().isInLoopThread() ? 0 : 1;
    });
  }
  thread->stop();
  REQUIRE(order.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK_EQUAL(order[static_cast<size_t>(i)], i);
  CHECK_EQUAL(elsewhere, 0);
}

// Tells on which thread it went.
class Goes {
 public:
  explicit Goes(std::thread::id& on) : where_(&on) {}
  Goes(Goes&& from) noexcept : where_(std::exchange(from.where_, nullptr)) {}
  Goes(const Goes&) = delete;
  ~Goes() {
    if (where_ != nullptr) *where_ = std::this_thread::get_id();
  }

 private:
  std::thread::id* where_;
};

// Queues another of its kind when it runs: there is always one that does not.
struct Endless {
  EventLoop* loop;
  std::thread::id* where;
  Goes owned{*where};
  void operator()() const { loop->queueInLoop(Endless{loop, where}); }
};

TEST("timers and tasks that have not run by stop are destroyed on the loop's thread") {
  const auto thread = startThread();
  std::thread::id loopThread;
  std::thread::id timerWent;
  std::thread::id taskWent;
  onLoop(thread->loop(), [&] {
    loopThread = std::this_thread::get_id();
    thread->loop().timers().runAt(INT64_MAX, [owned = Goes(timerWent)] {});
    Endless{&thread->loop(), &taskWent}();
  });
  thread->stop();
  CHECK(timerWent == loopThread);
  CHECK(taskWent == loopThread);
}

TEST("two loops send each other tasks, and each runs them on its own thread") {
  const auto a = startThread();
  const auto b = startThread();
  Gate over;
  int legs = 0;  // handed over with the task
  std::function<void()> leg = [&] {
    EventLoop& here = legs % 2 == 0 ? a->loop() : b->loop();
    EventLoop& there = legs % 2 == 0 ? b->loop() : a->loop();
    if (!here.isInLoopThread() || ++legs == 2000) {
      over.open();
    } else {
      there.queueInLoop(leg);
    }
  };
  a->loop().queueInLoop(leg);
  over.wait();
  CHECK_EQUAL(legs, 2000);
}

TEST("a thread that finds no descriptor for its loop tells at which call, and leaves nothing behind") {
  const int open = openDescriptors();
  const char* const calls[] = {"epoll_create1", "eventfd", "timerfd_create"};
  for (int left = 0; left < 3; ++left) {
    {
      const DescriptorLimit limit(left);
      const auto thread = EventLoopThread::start(createEpollPoller);
      CHECK(!thread && thread.error().code == EMFILE);
      if (!thread) CHECK_EQUAL(std::string(thread.error().syscall), calls[left]);
    }
    CHECK_EQUAL(openDescriptors(), open);
  }
}

TEST("a poller that cannot be made is told by start") {
  const auto thread = EventLoopThread::start([]() -> Result<std::unique_ptr<Poller>> {
    return std::unexpected(IoError{"nothing", ENOSYS});
  });
  CHECK(!thread && thread.error().code == ENOSYS && std::string(thread.error().syscall) == "nothing");
}

}  // namespace
