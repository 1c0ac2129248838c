#include "core/tcp/completion_ring.h"

#include <vector>

#include "core/tcp/turn_budget.h"
#include "test/harness.h"

namespace {

using namespace cotcp;

struct Block {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(layout::kSharedBytes);
  SharedMemory memory;

  Block() { memory.map(bytes.data()); }
};

TEST("a completion is six words, in the order of the layout") {
  Block block;
  CompletionRing ring(block.memory);
  ring.push({7, 8}, layout::Completion::kData, 9, 10, 11);
  ring.push({12, 13}, layout::Completion::kTimer);
  CHECK_EQUAL(ring.size(), 2u);
  const int32_t first[] = {7, 8, 5, 9, 10, 11};
  const int32_t second[] = {12, 13, 9, 0, 0, 0};
  for (size_t word = 0; word < layout::kCompletionWords; ++word) {
    CHECK_EQUAL(block.memory.completion(0)[word], first[word]);
    CHECK_EQUAL(block.memory.completion(1)[word], second[word]);
  }
}

TEST("the ring has room as long as one more event of any kind fits") {
  Block block;
  CompletionRing ring(block.memory);
  while (ring.hasRoom()) {
    for (size_t i = 0; i < layout::kCompletionsPerEvent; ++i) ring.push({1, 1}, layout::Completion::kReadable);
    REQUIRE(ring.size() <= layout::kCompletions);
  }
  CHECK_EQUAL(ring.size(), layout::kCompletions);
  // The words behind the ring are the submissions, which nobody has touched.
  CHECK_EQUAL(block.memory.submission(0)[0], 0);
  ring.clear();
  CHECK_EQUAL(ring.size(), 0u);
  CHECK(ring.hasRoom());
}

TEST("control words, rings, out-slab and flags do not overlap") {
  Block block;
  for (size_t word = 0; word < layout::kControlWords; ++word) {
    block.memory.control(static_cast<layout::ControlWord>(word)) = -1;
  }
  for (size_t i = 0; i < layout::kCompletions; ++i) {
    for (size_t word = 0; word < layout::kCompletionWords; ++word) block.memory.completion(i)[word] = -1;
  }
  const int32_t* submissions = block.memory.submission(0);
  for (size_t i = 0; i < layout::kSubmissions * layout::kSubmissionWords; ++i) CHECK_EQUAL(submissions[i], 0);
  CHECK(block.memory.submission(layout::kSubmissions) ==
        reinterpret_cast<const int32_t*>(block.memory.outSlab().data()));
  CHECK_EQUAL(static_cast<const void*>(&block.memory.flag(0, layout::kFlagReadable)),
              static_cast<const void*>(block.memory.outSlab().data() + layout::kOutSlabBytes));
  CHECK(&block.memory.flag(layout::kMaxSlots - 1, layout::kFlagBlocked) < block.bytes.data() + block.bytes.size());
}

TEST("flags belong to one slot each") {
  Block block;
  for (const layout::Flag flag : {layout::kFlagReadable, layout::kFlagWantRead, layout::kFlagBlocked}) {
    for (uint32_t slot = 4; slot <= 6; ++slot) block.memory.flag(slot, flag) = 1;
  }
  block.memory.clearFlags(5);
  for (const layout::Flag flag : {layout::kFlagReadable, layout::kFlagWantRead, layout::kFlagBlocked}) {
    CHECK_EQUAL(block.memory.flag(4, flag), 1);
    CHECK_EQUAL(block.memory.flag(5, flag), 0);
    CHECK_EQUAL(block.memory.flag(6, flag), 1);
  }
}

TEST("a turn's budget may be overdrawn by one call, is spent then, and is whole again in the next") {
  Block block;
  TurnBudget budget(block.memory);
  CHECK(budget.isSpent());
  budget.renew();
  budget.spend(TurnBudget::kTurnBytes - 1);
  CHECK(!budget.isSpent());
  budget.spend(size_t{1} << 30);
  CHECK(budget.isSpent());
  budget.renew();
  CHECK(!budget.isSpent());
  // JavaScript spends from the same word.
  block.memory.control(layout::kCreditBytes) = 0;
  CHECK(budget.isSpent());
}

}  // namespace
