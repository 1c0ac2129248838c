#pragma once

#include "core/tcp/layout.h"
#include "core/tcp/shared_memory.h"
#include "core/tcp/slot_table.h"

namespace cotcp {

// What has come to pass in this turn, as numbers for JavaScript, which reads them in one call. Borrows the shared memory.
class CompletionRing {
 public:
  explicit CompletionRing(SharedMemory& memory) : memory_(memory) {}

  void clear() { count_ = 0; }
  size_t size() const { return count_; }
  // Room for one more event of any kind; without it the event waits on the ready list.
  bool hasRoom() const { return count_ + layout::kCompletionsPerEvent <= layout::kCompletions; }

  void push(SlotId id, layout::Completion kind, int32_t a = 0, int32_t b = 0, int32_t c = 0) {
    int32_t* words = memory_.completion(count_++);
    words[0] = static_cast<int32_t>(id.slot);
    words[1] = static_cast<int32_t>(id.generation);
    words[2] = static_cast<int32_t>(kind);
    words[3] = a;
    words[4] = b;
    words[5] = c;
  }

 private:
  SharedMemory& memory_;
  size_t count_ = 0;
};

}  // namespace cotcp
