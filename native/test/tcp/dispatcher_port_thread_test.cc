#include "core/tcp/dispatcher_port.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "plane_thread.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// A thread of a server: lets newcomers in, and says hello with the number of its loop.
struct Worker {
  std::atomic<int> accepted = 0;
  SlotId receiver;
  PlaneThread thread;

  Worker(LoopRegistry& registry, uint32_t number)
      : thread(registry, number, [this, number](Plane& plane, const Told& told) {
          if (told.kind != Kind::kAccepted) return;
          ++accepted;
          ConnectionPort* port = plane.connection(static_cast<uint32_t>(told.a), static_cast<uint32_t>(told.b));
          const auto digit = static_cast<uint8_t>('0' + number);
          if (port != nullptr) port->write(std::span(&digit, 1), false);
        }) {
    thread.run([this](Plane& plane) { receiver = VALUE_OF(plane.openReceiver(false)); });
  }
};

struct Base : PlaneScene {
  LoopRegistry registry;
  SlotId id;
  InetAddress address;

  explicit Base(Quota::Limits limits = {}) {
    ListenSettings settings;
    settings.address = loopback();
    settings.backlog = 2048;
    id = VALUE_OF(plane.listenForThreads(settings, std::make_shared<Quota>(limits)));
    address = VALUE_OF(sockets::localAddress(port().fd()));
  }
  DispatcherPort& port() { return *plane.dispatcher(id.slot, id.generation); }
  void add(Worker& worker) {
    const uint32_t number = worker.thread.number();
    port().addLane(number, registry.find(number), worker.receiver);
  }
  template <typename Fact>
  bool until(Fact fact) {
    for (int turns = 0; turns < 3000 && !fact(); ++turns) turn(5);
    return fact();
  }
};

std::vector<UniqueFd> connectPeers(const InetAddress& address, int count) {
  std::vector<UniqueFd> peers;
  for (int i = 0; i < count; ++i) peers.push_back(connectPeer(address));
  return peers;
}

// The thread computes until `go`.
void keepBusy(Base& base, uint32_t loop, const std::atomic<bool>& go) {
  CHECK(base.registry.find(loop)->post([&go](Plane&) {
    while (!go.load()) std::this_thread::yield();
  }));
}

TEST("newcomers go to the threads in turn, and no completion tells of them here") {
  Base base;
  Worker first(base.registry, 1);
  Worker second(base.registry, 2);
  base.add(first);
  base.add(second);
  const auto peers = connectPeers(base.address, 40);
  CHECK(base.until([&] { return first.accepted + second.accepted == 40; }));
  CHECK_EQUAL(first.accepted.load(), 20);
  CHECK_EQUAL(second.accepted.load(), 20);
  CHECK(base.told.empty());
  for (const auto& peer : peers) waitFor(peer.get(), POLLIN);
}

TEST("a thread that has gone is passed over; without any, peers wait for the next one") {
  Base base;
  Worker second(base.registry, 2);
  {
    Worker first(base.registry, 1);
    base.add(first);
    base.add(second);
  }
  const auto peers = connectPeers(base.address, 6);
  CHECK(base.until([&] { return second.accepted == 6; }));
  second.thread.stop();
  const auto later = connectPeers(base.address, 6);
  for (int turns = 0; turns < 20; ++turns) base.turn(1);
  Worker third(base.registry, 3);
  base.port().removeLane(2);
  base.add(third);
  CHECK(base.until([&] { return third.accepted == 6; }));
  for (const auto& peer : later) waitFor(peer.get(), POLLIN);
}

TEST("peers who come one by one all reach a thread that computes meanwhile, in their order") {
  Base base;
  Worker worker(base.registry, 1);
  base.add(worker);
  std::atomic<bool> go = false;
  keepBusy(base, 1, go);
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 40; ++i) {
    peers.push_back(connectPeer(base.address));
    base.turn(0);
  }
  CHECK_EQUAL(worker.accepted.load(), 0);
  go.store(true);
  CHECK(base.until([&] { return worker.accepted == 40; }));
  for (const auto& peer : peers) waitFor(peer.get(), POLLIN);
}

TEST("what waits for a thread that ends is reset, and every descriptor is closed") {
  const size_t before = openDescriptors();
  {
    Base base;
    std::vector<UniqueFd> peers;
    {
      Worker worker(base.registry, 1);
      base.add(worker);
      std::atomic<bool> go = false;
      // It computes while newcomers arrive in its queue.
      CHECK(base.registry.find(1)->post([&](Plane& plane) {
        while (!go.load()) std::this_thread::yield();
        plane.release(worker.receiver.slot, worker.receiver.generation);
      }));
      peers = connectPeers(base.address, 10);
      for (int turns = 0; turns < 50; ++turns) base.turn(1);
      CHECK_EQUAL(worker.accepted.load(), 0);
      go.store(true);
    }
    for (const auto& peer : peers) CHECK_EQUAL(hearAll(peer.get()).ending, ECONNRESET);
  }
  CHECK_EQUAL(openDescriptors(), before);
}

TEST("a thread that does not come to it gets no more than its share; the rest waits in the backlog") {
  Base base;
  Worker worker(base.registry, 1);
  base.add(worker);
  std::atomic<bool> go = false;
  keepBusy(base, 1, go);
  const size_t before = openDescriptors();
  constexpr int kPeers = Transit::kMost + 100;
  const auto peers = connectPeers(base.address, kPeers);
  for (int turns = 0; turns < 200; ++turns) base.turn(0);
  CHECK(openDescriptors() - before <= static_cast<size_t>(kPeers + Transit::kMost));
  CHECK(!isAwake(*base.loop));
  go.store(true);
  CHECK(base.until([&] { return worker.accepted == kPeers; }));
}

TEST("a quota holds for all threads: the rest waits until one leaves, whichever thread it leaves") {
  Base base({3, Quota::kUnlimited, false});
  Worker first(base.registry, 1);
  Worker second(base.registry, 2);
  base.add(first);
  base.add(second);
  auto peers = connectPeers(base.address, 5);
  CHECK(base.until([&] { return first.accepted + second.accepted == 3; }));
  for (int turns = 0; turns < 20; ++turns) base.turn(1);
  CHECK_EQUAL(first.accepted + second.accepted, 3);
  // The second thread ends, and its places are free.
  base.port().removeLane(2);
  const int gone = second.accepted;
  second.thread.stop();
  CHECK(base.until([&] { return first.accepted == 3; }));
  CHECK_EQUAL(gone, 1);
}

TEST("a lent listener is served by its thread alone, and by the others when that one has gone") {
  Base base;
  Worker first(base.registry, 1);
  Worker second(base.registry, 2);
  base.add(first);
  base.add(second);
  VALUE_OF(base.port().lend(2, base.registry.find(2), second.receiver));
  const auto peers = connectPeers(base.address, 10);
  CHECK(base.until([&] { return second.accepted == 10; }));
  CHECK_EQUAL(first.accepted.load(), 0);
  CHECK(!isAwake(*base.loop));
  second.thread.stop();
  base.port().removeLane(2);
  const auto later = connectPeers(base.address, 10);
  CHECK(base.until([&] { return first.accepted == 10; }));
}

TEST("out of descriptors when the first thread comes: told, and tried again until there are some") {
  Base base;
  Worker worker(base.registry, 1);
  const UniqueFd lowestFree(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const rlimit none{static_cast<rlim_t>(lowestFree.get()), usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  base.add(worker);
  const bool isTold = base.until([&] { return base.told.size() >= 2; });
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  REQUIRE(isTold);
  CHECK(base.told[0].kind == Kind::kAcceptTrouble);
  CHECK_EQUAL(base.told[0].a, EMFILE);
  const auto peer = connectPeer(base.address);
  CHECK(base.until([&] { return worker.accepted == 1; }));
}

TEST("threads that come and go while peers come: each peer hears a thread or a reset, and nothing is left") {
  const size_t before = openDescriptors();
  {
    Base base;
    int heard = 0;
    int reset = 0;
    for (int round = 0; round < 8; ++round) {
      const uint32_t number = static_cast<uint32_t>(round) + 1;
      Worker worker(base.registry, number % 9 + 1);
      base.add(worker);
      const auto peers = connectPeers(base.address, 10);
      for (int turns = 0; turns < round % 5; ++turns) base.turn(0);
      const uint32_t loop = worker.thread.number();
      worker.thread.stop();
      base.port().removeLane(loop);
      Worker last(base.registry, 100 + number);
      base.add(last);
      for (int turns = 0; turns < 100; ++turns) base.turn(0);
      last.thread.stop();
      base.port().removeLane(100 + number);
      for (const auto& peer : peers) {
        const auto all = hearAll(peer.get());
        heard += all.bytes.size() == 1 ? 1 : 0;
        reset += all.ending == ECONNRESET && all.bytes.empty() ? 1 : 0;
      }
    }
    CHECK_EQUAL(heard + reset, 80);
    CHECK(heard > 0);
  }
  CHECK_EQUAL(openDescriptors(), before);
}

}  // namespace
