#include "core/tcp/receive_area.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "test/harness.h"

namespace {

using namespace cotcp;

constexpr size_t kSlabBytes = 256 * 1024;
constexpr size_t kPoolBytes = 16 * 1024;
constexpr int32_t kAll = (1 << layout::kAreas) - 1;

// JavaScript's side: it provides memory when asked to, and keeps what it was handed.
struct Provider {
  struct Memory {
    std::vector<uint8_t> bytes;
    std::vector<uint8_t> taken;  // 1 where a byte was handed out
  };
  struct Chunk {
    Memory* memory;
    ReceivedBytes place;
    uint8_t content;
  };

  std::vector<uint8_t> block = std::vector<uint8_t>(layout::kSharedBytes);
  SharedMemory shared;
  ReceiveArea area{shared};
  std::deque<Memory> memories;  // every one there ever was
  std::array<Memory*, layout::kAreas> current{};
  std::array<bool, layout::kAreas> detached{};
  std::vector<Chunk> chunks;

  Provider() {
    shared.map(block.data());
    shared.control(layout::kAreasWanted) = kAll;
    renewWanted();
  }

  int32_t wanted() { return shared.control(layout::kAreasWanted); }
  void renew(size_t index) {
    const size_t size = index == layout::kPoolArea ? kPoolBytes : kSlabBytes;
    memories.push_back({std::vector<uint8_t>(size), std::vector<uint8_t>(size)});
    current[index] = &memories.back();
    detached[index] = false;
    area.renew(index);
  }
  void renewWanted() {
    for (size_t index = 0; index < layout::kAreas; ++index) {
      if (wanted() & (1 << index)) renew(index);
    }
    map();
  }
  void map() {
    for (size_t index = 0; index < layout::kAreas; ++index) {
      if (detached[index]) {
        area.map(index, {});
      } else {
        area.map(index, current[index]->bytes);
      }
    }
  }
  // A receive of `count` bytes into room that must be there.
  ReceivedBytes receive(std::span<uint8_t> room, size_t count, uint8_t content) {
    std::memset(room.data(), content, count);
    const ReceivedBytes place = area.commit(count);
    const auto index = static_cast<size_t>(place.area);
    REQUIRE(index < layout::kAreas && place.offset >= 0);
    CHECK_EQUAL(static_cast<size_t>(place.length), count);
    Memory& memory = *current[index];
    REQUIRE(static_cast<size_t>(place.offset) + count <= memory.bytes.size());
    uint8_t* const taken = &memory.taken[static_cast<size_t>(place.offset)];
    if (std::memchr(taken, 1, count) != nullptr) {
      cotcp::test::abandon(__FILE__, __LINE__, "these bytes have been handed out before");
    }
    std::memset(taken, 1, count);
    chunks.push_back({&memory, place, content});
    return place;
  }
  ReceivedBytes receive(size_t count, uint8_t content = 1) {
    const auto room = area.room(count);
    REQUIRE(room.size() >= count);
    return receive(room, count, content);
  }
  bool chunksAreIntact() const {
    for (const Chunk& chunk : chunks) {
      const uint8_t* const first = &chunk.memory->bytes[static_cast<size_t>(chunk.place.offset)];
      const auto length = static_cast<size_t>(chunk.place.length);
      // All the same: the first is right, and each is like the one before it.
      if (*first != chunk.content || std::memcmp(first, first + 1, length - 1) != 0) return false;
    }
    return true;
  }
};

TEST("big chunks lie side by side in the slab, and what a receive left over is used by the next") {
  Provider provider;
  const ReceivedBytes first = provider.receive(5000);
  const ReceivedBytes second = provider.receive(6000);
  CHECK_EQUAL(first.area, 0);
  CHECK_EQUAL(first.offset, 0);
  CHECK_EQUAL(second.area, 0);
  CHECK_EQUAL(second.offset, 5000);
}

TEST("a chunk below 4 KiB is copied into the pool and takes nothing of the slab") {
  Provider provider;
  const ReceivedBytes small = provider.receive(layout::kSmallChunkBytes - 1, 3);
  CHECK_EQUAL(small.area, layout::kPoolArea);
  const ReceivedBytes next = provider.receive(5, 4);
  CHECK_EQUAL(next.area, layout::kPoolArea);
  CHECK_EQUAL(next.offset % 8, 0);
  CHECK(provider.chunksAreIntact());
  CHECK_EQUAL(provider.receive(layout::kSmallChunkBytes).offset, 0);
}

TEST("when the pool is used up small chunks lie in the slab, until there is a new one") {
  Provider provider;
  for (int i = 0; i < 100 && !(provider.wanted() & (1 << layout::kPoolArea)); ++i) provider.receive(1000);
  CHECK_EQUAL(provider.wanted(), 1 << layout::kPoolArea);
  int32_t area = layout::kPoolArea;
  for (int i = 0; i < 100 && area == layout::kPoolArea; ++i) area = provider.receive(1000).area;
  CHECK_EQUAL(area, 0);
  provider.renewWanted();
  CHECK_EQUAL(provider.wanted(), 0);
  CHECK_EQUAL(provider.receive(1000).area, layout::kPoolArea);
}

TEST("a used-up slab is asked for and the other one takes over; without either there is no room") {
  Provider provider;
  CHECK_EQUAL(provider.receive(kSlabBytes - 100).area, 0);
  CHECK_EQUAL(provider.wanted(), 0);
  CHECK_EQUAL(provider.receive(kSlabBytes - 100).area, 1);
  CHECK_EQUAL(provider.wanted(), 1);
  CHECK(provider.area.room(1).empty());
  CHECK_EQUAL(provider.wanted(), 3);
  CHECK(provider.area.room(1).empty());
  provider.renewWanted();
  CHECK_EQUAL(provider.wanted(), 0);
  provider.receive(kSlabBytes / 2);
  provider.map();
  provider.receive(kSlabBytes / 2);
  CHECK(provider.chunksAreIntact());
}

TEST("room is never more than was wanted, nor more than is left") {
  Provider provider;
  CHECK_EQUAL(provider.area.room(1000).size(), 1000u);
  CHECK_EQUAL(provider.area.room(2 * kSlabBytes).size(), kSlabBytes);
}

TEST("memory that user code has detached is asked for again, and nothing is written into it") {
  Provider provider;
  provider.receive(5000, 9);
  for (size_t index = 0; index < layout::kAreas; ++index) {
    provider.detached[index] = true;
    provider.map();
    CHECK_EQUAL(provider.wanted(), 1 << index);
    const auto room = provider.area.room(5000);
    REQUIRE(room.size() == 5000);
    provider.renewWanted();
  }
  for (const size_t index : {0, 1}) provider.detached[index] = true;
  provider.map();
  CHECK_EQUAL(provider.wanted(), 3);
  CHECK(provider.area.room(1).empty());
  provider.detached[layout::kPoolArea] = true;
  provider.renewWanted();
  CHECK_EQUAL(provider.wanted(), 1 << layout::kPoolArea);
  CHECK(provider.receive(10).area != layout::kPoolArea);
  provider.renewWanted();
  CHECK_EQUAL(provider.receive(10).area, layout::kPoolArea);
  CHECK(provider.chunksAreIntact());
}

TEST("whatever is received, detached and renewed, no byte is handed out twice or written afterwards") {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::mt19937 random(seed);
    Provider provider;
    for (int step = 0; step < 2000; ++step) {
      if (random() % 50 == 0) provider.detached[random() % layout::kAreas] = true;
      if (random() % 2 == 0) provider.renewWanted();
      const size_t asked = random() % 4 == 0 ? random() % kSlabBytes + 1 : random() % 8192 + 1;
      provider.map();  // as the binding does before each receive
      const auto room = provider.area.room(asked);
      if (room.empty()) {
        CHECK((provider.wanted() & 3) == 3);
        continue;
      }
      CHECK(room.size() <= asked);
      if (random() % 8 == 0) continue;  // nothing was there to receive
      provider.receive(room, random() % room.size() + 1, static_cast<uint8_t>(step));
    }
    CHECK(provider.chunks.size() > 500);
    CHECK(provider.chunksAreIntact());
  }
}

}  // namespace
