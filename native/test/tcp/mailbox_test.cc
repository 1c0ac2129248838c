#include "core/tcp/mailbox.h"

#include <sys/eventfd.h>

#include <optional>
#include <thread>

#include "plane_thread.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

UniqueFd someDescriptor() { return UniqueFd(::eventfd(0, EFD_CLOEXEC)); }

TEST("a task runs on the loop's thread, with the plane of that loop") {
  PlaneScene scene;
  std::thread::id ranOn;
  Plane* with = nullptr;
  std::thread([&] {
    CHECK(scene.plane.mailbox()->post([&](Plane& plane) {
      ranOn = std::this_thread::get_id();
      with = &plane;
    }));
  }).join();
  CHECK(with == nullptr);
  CHECK(turnUntil(*scene.loop, [&] { return with != nullptr; }));
  CHECK(with == &scene.plane);
  CHECK(ranOn == std::this_thread::get_id());
}

TEST("tasks of each thread run in the order of its posts") {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  PlaneScene scene;
  std::vector<int> last(kThreads, -1);
  int ran = 0;
  int outOfOrder = 0;
  std::vector<std::thread> threads;
  for (size_t number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      for (int post = 0; post < kPosts; ++post) {
        scene.plane.mailbox()->post([&, number, post](Plane&) {
          outOfOrder += last[number] == post - 1 ? 0 : 1;
          last[number] = post;
          ++ran;
        });
      }
    });
  }
  while (ran < kThreads * kPosts) scene.turn(10);
  for (auto& thread : threads) thread.join();
  CHECK_EQUAL(outOfOrder, 0);
}

TEST("what is posted in a turn runs in the next one") {
  PlaneScene scene;
  bool ran = false;
  CHECK(scene.plane.mailbox()->post([&](Plane& plane) { plane.mailbox()->post([&](Plane&) { ran = true; }); }));
  scene.turn(10);
  CHECK(!ran);
  scene.turn(10);
  CHECK(ran);
}

TEST("a mailbox that is closed leaves the task, and what it owns, to the caller") {
  std::shared_ptr<Mailbox> mailbox;
  {
    PlaneScene scene;
    mailbox = scene.plane.mailbox();
  }
  const size_t before = openDescriptors();
  {
    Mailbox::Task task = [fd = someDescriptor()](Plane&) {};
    CHECK(!mailbox->post(std::move(task)));
    CHECK_EQUAL(openDescriptors(), before + 1);
  }
  CHECK_EQUAL(openDescriptors(), before);
}

TEST("what was posted and never ran is destroyed with the loop") {
  const size_t before = openDescriptors();
  {
    PlaneScene scene;
    for (int i = 0; i < 10; ++i) CHECK(scene.plane.mailbox()->post([fd = someDescriptor()](Plane&) {}));
  }
  CHECK_EQUAL(openDescriptors(), before);
}

TEST("loops that come and go while other threads post: each task runs or is destroyed, once") {
  LoopRegistry registry;
  std::atomic<bool> over = false;
  std::atomic<int> made = 0;
  std::atomic<int> gone = 0;
  struct Counted {
    explicit Counted(std::atomic<int>& count) : gone(&count) {}
    Counted(Counted&& from) noexcept : gone(std::exchange(from.gone, nullptr)) {}
    ~Counted() {
      if (gone != nullptr) ++*gone;
    }
    std::atomic<int>* gone;
  };
  std::vector<std::thread> senders;
  std::atomic<int> ran = 0;
  for (int i = 0; i < 2; ++i) {
    senders.emplace_back([&] {
      while (!over.load()) {
        for (uint32_t number = 1; number <= 2; ++number) {
          const auto mailbox = registry.find(number);
          if (mailbox == nullptr) continue;
          ++made;
          mailbox->post([&, counted = Counted(gone)](Plane&) { ++ran; });
        }
        std::this_thread::yield();
      }
    });
  }
  for (int round = 0; round < 10 || ran.load() < 100; ++round) {
    PlaneThread first(registry, 1);
    PlaneThread second(registry, 2);
    std::this_thread::yield();
  }
  over.store(true);
  for (auto& sender : senders) sender.join();
  CHECK_EQUAL(gone.load(), made.load());
  CHECK(ran.load() <= made.load());
  CHECK_EQUAL(registry.size(), size_t{0});
}

}  // namespace
