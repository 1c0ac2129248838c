#include "core/tcp/loop_registry.h"

#include <set>

#include "plane_thread.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

TEST("a loop is found under its number until it is taken out") {
  LoopRegistry registry;
  PlaneScene scene;
  CHECK(registry.find(7) == nullptr);
  CHECK_EQUAL(registry.add(7, scene.plane.mailbox()), uint32_t{7});
  CHECK(registry.find(7) == scene.plane.mailbox());
  CHECK(registry.find(8) == nullptr);
  registry.remove(7);
  CHECK(registry.find(7) == nullptr);
  registry.remove(7);
  CHECK_EQUAL(registry.size(), size_t{0});
}

TEST("a second loop of one thread gets a number that no other has, also later") {
  LoopRegistry registry;
  PlaneScene scene;
  std::set<uint32_t> numbers;
  for (int i = 0; i < 100; ++i) {
    const uint32_t number = registry.add(0, scene.plane.mailbox());
    CHECK(numbers.insert(number).second);
    if (i % 2 == 1) registry.remove(number);
  }
  CHECK(numbers.contains(0));
}

TEST("the registry of the process is one") { CHECK(&LoopRegistry::process() == &LoopRegistry::process()); }

TEST("threads that add, look and take out at the same time do not disturb each other") {
  LoopRegistry registry;
  PlaneScene scene;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (uint32_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (uint32_t i = 0; i < 2000; ++i) {
        const uint32_t number = thread * 10'000 + i;
        registry.add(number, scene.plane.mailbox());
        wrong += registry.find(number) == scene.plane.mailbox() ? 0 : 1;
        registry.find(number ^ 1);
        registry.remove(number);
        wrong += registry.find(number) == nullptr ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQUAL(wrong.load(), 0);
}

}  // namespace
