#include "core/loop/event_loop_thread_pool.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <thread>
#include <vector>

#include "limits.h"
#include "thread_fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

std::unique_ptr<EventLoopThreadPool> startPool(EventLoop& base, size_t threads) {
  return VALUE_OF(EventLoopThreadPool::start(base, threads, testPoller()));
}

TEST("a pool without threads hands out the base loop alone") {
  const auto base = makeLoop();
  const auto pool = startPool(*base, 0);
  CHECK_EQUAL(pool->threads(), 0u);
  for (int i = 0; i < 3; ++i) CHECK(&pool->nextLoop() == base.get());
  CHECK(pool->loops() == std::vector<EventLoop*>{base.get()});
}

TEST("a pool of one thread hands out its loop, never the base loop") {
  const auto base = makeLoop();
  const auto pool = startPool(*base, 1);
  EventLoop& first = pool->nextLoop();
  CHECK(&first != base.get());
  CHECK(&pool->nextLoop() == &first);
  CHECK(pool->loops() == std::vector<EventLoop*>{&first});
}

TEST("a pool of three hands out its loops in turn, each of a thread of its own") {
  const auto base = makeLoop();
  const auto pool = startPool(*base, 3);
  const auto loops = pool->loops();
  REQUIRE(loops.size() == 3 && pool->threads() == 3);
  for (int round = 0; round < 3; ++round) {
    for (EventLoop* loop : loops) CHECK(&pool->nextLoop() == loop);
  }
  std::set<std::thread::id> threads{std::this_thread::get_id()};
  for (EventLoop* loop : loops) onLoop(*loop, [&] { threads.insert(std::this_thread::get_id()); });
  CHECK_EQUAL(threads.size(), 4u);
}

TEST("what the base loop deals out runs on every loop, and each answers the base loop") {
  const auto base = makeLoop();
  const auto pool = startPool(*base, 3);
  constexpr int kTasks = 3000;
  int answers = 0;
  int wrongThread = 0;
  std::vector<EventLoop*> answering;
  for (int i = 0; i < kTasks; ++i) {
    EventLoop& loop = pool->nextLoop();
    loop.queueInLoop([&] {
      const bool right = loop.isInLoopThread() && !base->isInLoopThread();
      base->queueInLoop([&, right] {
        ++answers;
        wrongThread += right ? 0 : 1;
        answering.push_back(&loop);
      });
    });
  }
  turnUntil(*base, [&] { return answers == kTasks; });
  CHECK_EQUAL(wrongThread, 0);
  for (EventLoop* loop : pool->loops()) CHECK_EQUAL(std::count(answering.begin(), answering.end(), loop), kTasks / 3);
}

TEST("a stopped pool has joined its threads and hands out the base loop") {
  const auto base = makeLoop();
  const auto pool = startPool(*base, 2);
  int ran = 0;  // without a lock: stop() joins
  pool->nextLoop().queueInLoop([&] { ++ran; });
  pool->stop();
  CHECK_EQUAL(ran, 1);
  CHECK(&pool->nextLoop() == base.get());
  pool->stop();
}

TEST("a pool of which one thread finds no descriptor is none, and leaves nothing behind") {
  const auto base = makeLoop();
  const int open = openDescriptors();
  {
    const DescriptorLimit limit(7);  // two loops of three descriptors, and one more
    const auto pool = EventLoopThreadPool::start(*base, 3, createEpollPoller);
    CHECK(!pool && pool.error().code == EMFILE);
  }
  CHECK_EQUAL(openDescriptors(), open);
}

}  // namespace
