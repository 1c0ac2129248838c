#pragma once

// JavaScript's side of the boundary, played by the test: the shared block, the receive areas, and what a batch tells.

#include <array>
#include <deque>
#include <vector>

#include "core/tcp/connection_port.h"
#include "core/tcp/port.h"
#include "fixture.h"

namespace cotcp::test {

using Kind = layout::Completion;

struct Told {
  SlotId id;
  Kind kind;
  int32_t a;
  int32_t b;
  int32_t c;
  Bytes bytes;  // of kData

  bool is(Kind wanted, int32_t wantedA = 0, int32_t wantedB = 0) const {
    return kind == wanted && a == wantedA && b == wantedB;
  }
};

// The block and the areas, renewed as they are asked for.
class Script {
 public:
  static constexpr size_t kSlabBytes = 1024 * 1024;
  static constexpr size_t kPoolBytes = 64 * 1024;

  void map(SharedMemory& memory) { memory.map(block_.data()); }
  void provide(SharedMemory& memory, ReceiveArea& area) {
    for (size_t index = 0; index < layout::kAreas; ++index) {
      if (current_[index] != nullptr && !(memory.control(layout::kAreasWanted) & (1 << index))) continue;
      current_[index] = &areas_.emplace_back(index == layout::kPoolArea ? kPoolBytes : kSlabBytes);
      area.renew(index);
    }
    for (size_t index = 0; index < layout::kAreas; ++index) area.map(index, *current_[index]);
  }
  Bytes bytesAt(int32_t area, int32_t offset, int32_t length) const {
    const auto first = current_[static_cast<size_t>(area)]->begin() + offset;
    return Bytes(first, first + length);
  }
  std::vector<Told> read(SharedMemory& memory, size_t count) const {
    std::vector<Told> all;
    for (size_t index = 0; index < count; ++index) {
      const int32_t* words = memory.completion(index);
      Told told{{static_cast<uint32_t>(words[0]), static_cast<uint32_t>(words[1])},
                static_cast<Kind>(words[2]),
                words[3],
                words[4],
                words[5],
                {}};
      if (told.kind == Kind::kData) told.bytes = bytesAt(told.a, told.b, told.c);
      all.push_back(std::move(told));
    }
    return all;
  }

 private:
  Bytes block_ = Bytes(layout::kSharedBytes);
  std::deque<Bytes> areas_;  // what was handed out stays
  std::array<Bytes*, layout::kAreas> current_{};
};

// What a Plane is made of, so that a test can put each part into the state it wants.
struct Bench {
  std::unique_ptr<EventLoop> loop = makeLoop();
  Script script;
  SharedMemory memory;
  CompletionRing completions{memory};
  ReceiveArea area{memory};
  TurnBudget budget{memory};
  SlotTable<Port> slots;
  BlockedWatch blocked{*loop, memory, completions};
  PortContext context{*loop, memory, completions, area, budget, slots, blocked};
  std::vector<Told> told;  // since the last turn with told.clear()

  explicit Bench(size_t capacity = 64) : slots(capacity) {
    script.map(memory);
    beginTurn();
  }
  ~Bench() { slots.clear(); }

  void beginTurn() {
    slots.recycle();
    completions.clear();
    budget.renew();
    script.provide(memory, area);
  }
  void endTurn(int timeoutMs = 0, size_t dummies = 0) {
    loop->turn(timeoutMs);
    for (auto& one : script.read(memory, completions.size())) {
      if (dummies > 0) {
        --dummies;
      } else {
        told.push_back(std::move(one));
      }
    }
  }
  void turn(int timeoutMs = 0) {
    beginTurn();
    endTurn(timeoutMs);
  }
  // A turn that finds the ring full, or the budget spent.
  void turnWithoutRoom() {
    beginTurn();
    while (completions.hasRoom()) completions.push({0, 0}, Kind::kTimer);
    endTurn(0, completions.size());
  }
  void turnWithoutBudget() {
    beginTurn();
    budget.spend(TurnBudget::kTurnBytes);
    endTurn();
  }
  template <typename Fact>
  bool turnUntil(Fact fact) {
    for (int turns = 0; turns < 1000; ++turns) {
      if (fact()) return true;
      turn(10);
    }
    return fact();
  }
  bool turnUntilTold(size_t count) {
    return turnUntil([&] { return told.size() >= count; });
  }
  // Nothing more comes of it.
  bool isAtRest() {
    const size_t before = told.size();
    for (int turns = 0; turns < 20; ++turns) turn();
    return told.size() == before && !isAwake(*loop);
  }
};

// A connection under a slot of the bench, with its peer.
struct PortScene : Bench {
  TcpPair pair;
  int fd = pair.ours.get();
  SlotId id;
  ConnectionPort* port;
  UniqueFd& peer = pair.theirs;

  PortScene() {
    id = *slots.reserve();
    auto owned = std::make_unique<ConnectionPort>(context, id, std::move(pair.ours), TcpConnection::Endpoints{}, false);
    port = owned.get();
    VALUE_OF(port->open());
    slots.set(id, std::move(owned));
    CHECK(isAtRest());
  }
  uint8_t& flag(layout::Flag flag) { return memory.flag(id.slot, flag); }
  void want(layout::WantRead what) { flag(layout::kFlagWantRead) = what; }
  // The bytes of a direct receive that has just brought so many.
  Bytes received(int32_t count) {
    return script.bytesAt(memory.control(layout::kReceivedArea), memory.control(layout::kReceivedAt), count);
  }
  // All bytes told, in order.
  Bytes toldBytes() const {
    Bytes bytes;
    for (const Told& one : told) bytes.insert(bytes.end(), one.bytes.begin(), one.bytes.end());
    return bytes;
  }
};

}  // namespace cotcp::test
