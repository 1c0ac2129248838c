#include <atomic>
#include <thread>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kPosts = 100'000;
#else
constexpr int kPosts = 1'000'000;
#endif

TEST("wakeup ends the wait of another thread's loop") {
  const auto loop = makeLoop();
  std::thread other([&] { loop->wakeup(); });
  loop->turn(-1);
  other.join();
}

TEST("runInLoop runs at once on the loop's thread, and queued from another") {
  const auto loop = makeLoop();
  bool ranHere = false;
  loop->runInLoop([&] { ranHere = true; });
  CHECK(ranHere);
  CHECK(loop->isInLoopThread());

  std::atomic<bool> ranThere = false;
  std::thread::id ranOn;
  std::thread other([&] {
    CHECK(!loop->isInLoopThread());
    loop->runInLoop([&] {
      ranOn = std::this_thread::get_id();
      ranThere = true;
    });
  });
  other.join();
  CHECK(!ranThere);
  loop->turn(-1);
  CHECK(ranThere);
  CHECK(ranOn == std::this_thread::get_id());
}

TEST("of the tasks of two threads each runs once, in its sender's order, and none is slept over") {
  const auto loop = makeLoop();
  std::vector<int> counts(2);
  int disorder = 0;
  std::vector<std::thread> senders;
  for (size_t sender = 0; sender < 2; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kPosts; ++i) {
        loop->queueInLoop([&, sender, i] { disorder += counts[sender]++ == i ? 0 : 1; });
      }
    });
  }
  // Without a time limit: a lost wake-up is a test that does not end.
  while (counts[0] < kPosts || counts[1] < kPosts) loop->turn(-1);
  for (auto& sender : senders) sender.join();
  loop->turn(0);
  CHECK_EQUAL(disorder, 0);
  CHECK_EQUAL(counts[0], kPosts);
  CHECK_EQUAL(counts[1], kPosts);
  CHECK(!isAwake(*loop));
}

// Sends itself to and fro between two loops, each of which is asleep or about to be when it comes.
struct Ball {
  EventLoop* here;
  EventLoop* there;
  int legsLeft;
  std::atomic<bool>* over;

  void operator()() const {
    if (legsLeft == 0) {
      *over = true;
      there->wakeup();
    } else {
      there->queueInLoop(Ball{there, here, legsLeft - 1, over});
    }
  }
};

TEST("two loops that wake each other 40,000 times lose no wake-up") {
  const auto loop = makeLoop();
  std::atomic<bool> over = false;
  std::thread thread([&] {
    const auto own = makeLoop();
    // An even number of legs: the ball comes to rest here, on the loop that ends first.
    own->queueInLoop(Ball{own.get(), loop.get(), 40'000, &over});
    while (!over) own->turn(-1);
  });
  while (!over) loop->turn(-1);
  thread.join();
}

}  // namespace
