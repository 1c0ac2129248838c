#include "core/tcp/quota.h"

#include <atomic>
#include <thread>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

Quota::Ticket enter(const std::shared_ptr<Quota>& quota, const InetAddress& peer) {
  auto ticket = quota->enter(peer);
  REQUIRE(ticket.has_value());
  return std::move(*ticket);
}

InetAddress from(const char* address) { return *InetAddress::parse(address, 1000); }

TEST("without limits nobody holds a place") {
  const auto quota = std::make_shared<Quota>(Quota::Limits{});
  CHECK(enter(quota, from("127.0.0.1")) == nullptr);
  CHECK(quota->hasRoom([] {}));
}

TEST("where peers wait, the first to leave wakes all who asked, once") {
  const auto quota = std::make_shared<Quota>(Quota::Limits{2, Quota::kUnlimited, false});
  auto first = enter(quota, from("127.0.0.1"));
  auto second = enter(quota, from("127.0.0.2"));
  int woken = 0;
  CHECK(!quota->hasRoom([&] { ++woken; }));
  CHECK(!quota->hasRoom([&] { ++woken; }));
  CHECK(quota->enter(from("127.0.0.1")).error() == Quota::Refusal::kWait);
  first.reset();
  CHECK_EQUAL(woken, 2);
  CHECK(quota->hasRoom([&] { ++woken; }));
  second.reset();
  CHECK_EQUAL(woken, 2);
  CHECK_EQUAL(quota->refused().connections, 0u);
}

TEST("where peers are reset, each one is counted and nobody waits") {
  const auto quota = std::make_shared<Quota>(Quota::Limits{1, Quota::kUnlimited, true});
  const auto place = enter(quota, from("127.0.0.1"));
  CHECK(quota->hasRoom([] {}));
  for (int i = 0; i < 3; ++i) CHECK(quota->enter(from("127.0.0.1")).error() == Quota::Refusal::kReset);
  CHECK_EQUAL(quota->refused().connections, 3u);
}

TEST("an address has places of its own, and a mapped one is the IPv4 address") {
  const auto quota = std::make_shared<Quota>(Quota::Limits{Quota::kUnlimited, 1, false});
  auto place = enter(quota, from("127.0.0.1"));
  CHECK(quota->enter(from("::ffff:127.0.0.1")).error() == Quota::Refusal::kReset);
  CHECK_EQUAL(quota->refused().perAddress, 1u);
  const auto other = enter(quota, from("127.0.0.2"));
  place.reset();
  CHECK(quota->enter(from("127.0.0.1")).has_value());
  const auto local = *InetAddress::unixPath("/tmp/a");
  const auto one = enter(quota, local);
  const auto two = enter(quota, local);
}

TEST("threads that come and go never have more places than there are") {
  constexpr int64_t kPlaces = 5;
  const auto quota = std::make_shared<Quota>(Quota::Limits{kPlaces, Quota::kUnlimited, false});
  std::atomic<int64_t> open = 0;
  std::atomic<int> tooMany = 0;
  std::atomic<int> woken = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        std::vector<Quota::Ticket> mine;
        for (int i = 0; i < 3; ++i) {
          quota->hasRoom([&] { ++woken; });
          auto ticket = quota->enter(from("127.0.0.1"));
          if (!ticket) continue;
          if (++open > kPlaces) ++tooMany;
          mine.push_back(std::move(*ticket));
        }
        open -= static_cast<int64_t>(mine.size());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQUAL(tooMany.load(), 0);
  for (int64_t i = 0; i < kPlaces; ++i) CHECK(quota->hasRoom([] {}));
}

}  // namespace
