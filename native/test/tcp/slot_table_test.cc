#include "core/tcp/slot_table.h"

#include <memory>
#include <random>
#include <set>
#include <vector>

#include "test/harness.h"

namespace {

using namespace cotcp;

TEST("slots are given once each, and none beyond the capacity") {
  SlotTable<int> table(3);
  std::set<uint32_t> slots;
  for (int i = 0; i < 3; ++i) slots.insert(table.reserve()->slot);
  CHECK_EQUAL(slots.size(), 3u);
  CHECK(!table.reserve());
}

TEST("a reserved slot holds nobody until it is set") {
  SlotTable<int> table(1);
  const SlotId id = *table.reserve();
  CHECK(table.find(id) == nullptr);
  table.set(id, std::make_unique<int>(42));
  CHECK_EQUAL(*table.find(id), 42);
  CHECK(table.find(id.slot, id.generation + 1) == nullptr);
  CHECK(table.find(id.slot + 1, id.generation) == nullptr);
}

TEST("a released slot is stale at once, and given again under another generation only after recycle") {
  SlotTable<int> table(1);
  const SlotId old = *table.reserve();
  table.set(old, std::make_unique<int>(1));
  CHECK_EQUAL(*table.release(old), 1);
  CHECK(table.find(old) == nullptr);
  CHECK(!table.reserve());
  table.recycle();
  const auto next = table.reserve();
  REQUIRE(next.has_value());
  CHECK_EQUAL(next->slot, old.slot);
  CHECK(next->generation != old.generation);
  table.set(*next, std::make_unique<int>(2));
  CHECK(table.find(old) == nullptr);
  CHECK_EQUAL(*table.find(*next), 2);
}

TEST("what takes a slot's place destroys what held it") {
  SlotTable<std::shared_ptr<int>> table(1);
  const auto first = std::make_shared<int>(1);
  const SlotId id = *table.reserve();
  table.set(id, std::make_unique<std::shared_ptr<int>>(first));
  table.set(id, std::make_unique<std::shared_ptr<int>>(std::make_shared<int>(2)));
  CHECK_EQUAL(first.use_count(), 1);
  CHECK_EQUAL(**table.find(id), 2);
}

TEST("clear destroys everything, and nothing is found any more") {
  SlotTable<std::shared_ptr<int>> table(8);
  const auto shared = std::make_shared<int>(1);
  std::vector<SlotId> ids;
  for (int i = 0; i < 8; ++i) {
    ids.push_back(*table.reserve());
    table.set(ids.back(), std::make_unique<std::shared_ptr<int>>(shared));
  }
  table.clear();
  CHECK_EQUAL(shared.use_count(), 1);
  for (const SlotId id : ids) CHECK(table.find(id) == nullptr);
}

TEST("in any order of reserve, release and recycle, a live id finds its own and a stale one finds nobody") {
  constexpr size_t kCapacity = 16;
  std::mt19937 random(7);
  SlotTable<int> table(kCapacity);
  std::vector<std::pair<SlotId, int>> live;
  std::vector<SlotId> stale;
  size_t unavailable = 0;  // released since the last recycle
  for (int step = 0; step < 20'000; ++step) {
    const auto action = random() % 8;
    if (action < 4) {
      const auto id = table.reserve();
      CHECK_EQUAL(id.has_value(), live.size() + unavailable < kCapacity);
      if (!id) continue;
      table.set(*id, std::make_unique<int>(step));
      live.emplace_back(*id, step);
    } else if (action < 7 && !live.empty()) {
      const size_t which = random() % live.size();
      CHECK_EQUAL(*table.release(live[which].first), live[which].second);
      stale.push_back(live[which].first);
      live.erase(live.begin() + static_cast<ptrdiff_t>(which));
      ++unavailable;
    } else if (action == 7) {
      table.recycle();
      unavailable = 0;
    }
    for (const auto& [id, value] : live) CHECK(table.find(id) != nullptr && *table.find(id) == value);
    if (!stale.empty()) CHECK(table.find(stale[random() % stale.size()]) == nullptr);
  }
}

}  // namespace
