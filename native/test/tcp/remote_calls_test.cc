#include "core/tcp/remote_calls.h"

#include <array>
#include <cstring>
#include <map>

#include "plane_thread.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

enum Status : int32_t { kDone = 100, kEnded = 101 };

template <typename Value>
Parcel parcelOf(const Value& value) {
  Parcel parcel = *Parcel::create(sizeof value);
  std::memcpy(parcel.bytes().data(), &value, sizeof value);
  return parcel;
}
template <typename Value>
Value valueIn(Parcel& parcel) {
  Value value{};
  REQUIRE(parcel.size() == sizeof value);
  std::memcpy(&value, parcel.bytes().data(), sizeof value);
  return value;
}

std::shared_ptr<RemoteCall> callOf(SlotId target, int32_t operation, uint32_t ticket, Parcel parcel = {}) {
  return std::make_shared<RemoteCall>(target, operation, ticket, std::move(parcel));
}

// One plane that calls itself: what a call and an answer look like.
struct SelfScene : PlaneScene {
  RemoteCalls& calls = plane.remoteCalls();

  bool send(SlotId target, uint32_t ticket, Parcel parcel = {}) {
    return calls.send(*plane.mailbox(), plane.mailbox(), callOf(target, 5, ticket, std::move(parcel)));
  }
  Told next() {
    REQUIRE(turnUntilTold(1));
    const Told one = told.front();
    told.erase(told.begin());
    return one;
  }
};

TEST("a call is told with its target and size, and its answer under the caller's ticket") {
  SelfScene scene;
  CHECK(scene.send({3, 9}, 77, parcelOf(uint64_t{42})));
  const Told call = scene.next();
  CHECK(call.kind == Kind::kRemoteCall);
  CHECK_EQUAL(call.id.slot, 3u);
  CHECK_EQUAL(call.id.generation, 9u);
  CHECK_EQUAL(call.b, 5);
  CHECK_EQUAL(call.c, 8);
  RemoteCall* taken = scene.calls.take(static_cast<uint32_t>(call.a));
  REQUIRE(taken != nullptr);
  CHECK_EQUAL(valueIn<uint64_t>(taken->parcel()), 42u);
  scene.calls.answer(static_cast<uint32_t>(call.a), kDone, parcelOf(uint32_t{7}));
  const Told answer = scene.next();
  CHECK(answer.is(Kind::kRemoteAnswer, kDone, 1));
  CHECK_EQUAL(answer.id.slot, 77u);
  Parcel came = scene.calls.takeAnswer(77);
  CHECK_EQUAL(valueIn<uint32_t>(came), 7u);
  CHECK_EQUAL(scene.calls.takeAnswer(77).size(), size_t{0});
}

TEST("a call is answered once") {
  SelfScene scene;
  scene.send({0, 1}, 1);
  const auto number = static_cast<uint32_t>(scene.next().a);
  scene.calls.answer(number, kEnded, {});
  scene.calls.answer(number, kDone, {});
  CHECK(scene.calls.take(number) == nullptr);
  CHECK(scene.next().is(Kind::kRemoteAnswer, kEnded));
  scene.turn();
  CHECK(scene.told.empty());
}

TEST("a call that is withdrawn in time is not taken, and is answered so; one that has been taken is not withdrawn") {
  SelfScene scene;
  scene.send({0, 1}, 1, parcelOf(1));
  scene.send({0, 1}, 2, parcelOf(2));
  CHECK(scene.calls.withdraw(1));
  CHECK(!scene.calls.withdraw(1));
  CHECK(!scene.calls.withdraw(9));
  const auto first = static_cast<uint32_t>(scene.next().a);
  const auto second = static_cast<uint32_t>(scene.next().a);
  CHECK(scene.calls.take(first) == nullptr);
  CHECK(scene.calls.take(second) != nullptr);
  CHECK(!scene.calls.withdraw(2));
  scene.calls.answer(second, kDone, {});
  const Told withdrawn = scene.next();
  CHECK_EQUAL(withdrawn.id.slot, 1u);
  CHECK(withdrawn.is(Kind::kRemoteAnswer, layout::kAnswerWithdrawn));
  CHECK(scene.next().is(Kind::kRemoteAnswer, kDone));
}

TEST("more calls than a turn has room for come in later turns, in order") {
  constexpr uint32_t kCalls = 20'000;
  SelfScene scene;
  for (uint32_t ticket = 0; ticket < kCalls; ++ticket) scene.send({ticket, 1}, ticket);
  uint32_t seen = 0;
  bool inOrder = true;
  for (int turns = 0; turns < 1000 && seen < kCalls; ++turns) {
    CHECK(scene.turn(10) <= 1024);
    for (const Told& one : std::exchange(scene.told, {})) inOrder = inOrder && one.id.slot == seen++;
  }
  CHECK(inOrder);
  CHECK_EQUAL(seen, kCalls);
}

TEST("a call to a loop that has gone is refused, and its bytes go") {
  SelfScene scene;
  std::shared_ptr<Mailbox> gone;
  {
    PlaneScene other;
    gone = other.plane.mailbox();
  }
  auto call = callOf({0, 1}, 0, 1, parcelOf(1));
  const std::weak_ptr<RemoteCall> watched = call;
  CHECK(!scene.calls.send(*gone, scene.plane.mailbox(), std::move(call)));
  CHECK(watched.expired());
  scene.turn();
  CHECK(scene.told.empty());
}

TEST("an owner that ends answers what it has taken, what it has been told of, and what it has not") {
  SelfScene caller;
  auto owner = std::make_unique<PlaneScene>();
  for (uint32_t ticket = 1; ticket <= 4; ++ticket) {
    const auto mailbox = owner->plane.mailbox();
    CHECK(caller.calls.send(*mailbox, caller.plane.mailbox(), callOf({0, 1}, 0, ticket)));
    if (ticket == 2) {
      REQUIRE(owner->turnUntilTold(2));
      CHECK(owner->plane.remoteCalls().take(static_cast<uint32_t>(owner->told.front().a)) != nullptr);
    }
  }
  owner.reset();
  for (uint32_t ticket = 1; ticket <= 4; ++ticket) {
    const Told answer = caller.next();
    CHECK_EQUAL(answer.id.slot, ticket);
    CHECK(answer.is(Kind::kRemoteAnswer, layout::kAnswerLoopGone));
  }
}

TEST("a caller that has ended costs its owner nothing: the call is there, and the answer goes nowhere") {
  PlaneScene owner;
  {
    SelfScene caller;
    caller.calls.send(*owner.plane.mailbox(), caller.plane.mailbox(), callOf({0, 1}, 0, 1, parcelOf(uint64_t{5})));
  }
  REQUIRE(owner.turnUntilTold(1));
  const auto number = static_cast<uint32_t>(owner.told.front().a);
  RemoteCall* taken = owner.plane.remoteCalls().take(number);
  REQUIRE(taken != nullptr);
  CHECK_EQUAL(valueIn<uint64_t>(taken->parcel()), 5u);
  owner.plane.remoteCalls().answer(number, kDone, {});
}

struct Message {
  uint32_t sender;
  uint32_t sequence;
  SlotId target;
};

constexpr uint32_t kSlots = 8;
#ifdef __SANITIZE_THREAD__
constexpr uint32_t kPerSender = 25'000;
#else
constexpr uint32_t kPerSender = 5'000;
#endif
constexpr uint32_t kSenders = 4;

// Connections that open and close all the time: a slot whose generation goes up.
struct Owner {
  std::array<std::atomic<uint32_t>, kSlots> generations{};
  std::array<uint32_t, kSenders> lastSequence{};
  uint32_t delivered = 0;
  uint32_t refused = 0;
  uint32_t wrong = 0;

  void handle(Plane& plane, const Told& told) {
    if (told.kind != Kind::kRemoteCall) return;
    const auto number = static_cast<uint32_t>(told.a);
    auto& generation = generations[told.id.slot];
    if (generation.load() != told.id.generation) {
      ++refused;
      plane.remoteCalls().answer(number, kEnded, {});
      return;
    }
    RemoteCall* call = plane.remoteCalls().take(number);
    if (call == nullptr) return;
    const auto message = valueIn<Message>(call->parcel());
    const bool right = message.target.slot == told.id.slot && message.target.generation == told.id.generation;
    wrong += right && message.sequence > lastSequence[message.sender] ? 0 : 1;
    lastSequence[message.sender] = message.sequence;
    plane.remoteCalls().answer(number, kDone, {});
    if (++delivered % 16 == 0) ++generation;
  }
};

struct Sender {
  Owner& owner;
  std::shared_ptr<Mailbox> to;
  uint32_t number;
  uint32_t sent = 0;
  uint32_t done = 0;
  uint32_t ended = 0;
  uint32_t withdrawn = 0;
  uint32_t takenBack = 0;
  std::atomic<uint32_t> answered = 0;

  Sender(Owner& whose, uint32_t which) : owner(whose), number(which) {}

  void handle(Plane& plane, const Told& told) {
    if (told.kind != Kind::kRemoteAnswer) return;
    done += told.a == kDone;
    ended += told.a == kEnded;
    withdrawn += told.a == layout::kAnswerWithdrawn;
    ++answered;
    sendOne(plane);
  }
  void sendOne(Plane& plane) {
    if (sent == kPerSender) return;
    const uint32_t slot = (number + sent) % kSlots;
    const SlotId target{slot, owner.generations[slot].load()};
    const Message message{number, ++sent, target};
    REQUIRE(plane.remoteCalls().send(*to, plane.mailbox(), callOf(target, 0, sent, parcelOf(message))));
    // Sometimes it thinks better of it: then it is done, or it is not, and both sides know which.
    if (sent % 64 == 0) takenBack += plane.remoteCalls().withdraw(sent);
  }
};

TEST(
    "calls from four threads to slots that change hands: none lost, none twice, none to a wrong one, each thread's in "
    "order") {
  LoopRegistry registry;
  Owner owner;
  for (auto& generation : owner.generations) generation.store(1);
  PlaneThread ownerThread(registry, 1, [&](Plane& plane, const Told& told) { owner.handle(plane, told); });
  std::vector<std::unique_ptr<Sender>> senders;
  std::vector<std::unique_ptr<PlaneThread>> threads;
  for (uint32_t number = 0; number < kSenders; ++number) {
    Sender& sender = *senders.emplace_back(std::make_unique<Sender>(owner, number));
    sender.to = registry.find(1);
    threads.push_back(std::make_unique<PlaneThread>(
        registry, 10 + number, [&sender](Plane& plane, const Told& told) { sender.handle(plane, told); }));
  }
  for (uint32_t number = 0; number < kSenders; ++number) {
    threads[number]->run([&sender = *senders[number]](Plane& plane) {
      for (int window = 0; window < 32; ++window) sender.sendOne(plane);
    });
  }
  for (const auto& sender : senders) {
    while (sender->answered.load() < kPerSender) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  threads.clear();
  ownerThread.stop();
  uint32_t done = 0;
  uint32_t ended = 0;
  for (const auto& sender : senders) {
    done += sender->done;
    ended += sender->ended;
    CHECK_EQUAL(sender->done + sender->ended + sender->withdrawn, kPerSender);
    // What was withdrawn may have met an owner that refused it anyway.
    CHECK(sender->withdrawn <= sender->takenBack);
  }
  CHECK_EQUAL(owner.wrong, 0u);
  CHECK_EQUAL(done, owner.delivered);
  CHECK_EQUAL(ended, owner.refused);
  CHECK(owner.delivered > 0 && owner.refused > 0);
}

TEST("owners that end while threads call them: every call has exactly one answer") {
  constexpr uint32_t kCalls = 300;
  LoopRegistry registry;
  std::map<int32_t, int> statuses;
  std::atomic<uint32_t> answered = 0;
  PlaneThread caller(registry, 1, [&](Plane&, const Told& told) {
    if (told.kind != Kind::kRemoteAnswer) return;
    ++statuses[told.a];
    ++answered;
  });
  uint32_t expected = 0;
  for (uint32_t round = 0; round < 10; ++round) {
    PlaneThread owner(registry, 2, [](Plane& plane, const Told& told) {
      if (told.kind == Kind::kRemoteCall && told.a % 3 != 0) {
        plane.remoteCalls().answer(static_cast<uint32_t>(told.a), kDone, {});
      }
    });
    const auto mailbox = registry.find(2);
    std::thread ending([&, after = expected + 1] {
      while (answered.load() < after) std::this_thread::yield();
      owner.stop();
    });
    for (uint32_t call = 0; call < kCalls; ++call) {
      bool sent = false;
      caller.run([&](Plane& plane) {
        const uint32_t ticket = round * kCalls + call;
        sent = plane.remoteCalls().send(*mailbox, plane.mailbox(), callOf({0, 1}, 0, ticket, parcelOf(ticket)));
      });
      if (!sent) break;
      ++expected;
    }
    ending.join();
  }
  while (answered.load() < expected) std::this_thread::yield();
  caller.stop();
  CHECK_EQUAL(answered.load(), expected);
  CHECK(statuses[layout::kAnswerLoopGone] > 0);
  CHECK(statuses[kDone] > 0);
}

}  // namespace
