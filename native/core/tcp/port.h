#pragma once

#include <cstdint>
#include <memory>

#include "core/loop/event_loop.h"
#include "core/tcp/blocked_watch.h"
#include "core/tcp/completion_ring.h"
#include "core/tcp/receive_area.h"
#include "core/tcp/shared_memory.h"
#include "core/tcp/slot_table.h"
#include "core/tcp/turn_budget.h"

namespace cotcp {

enum class PortKind : uint8_t { kConnection, kAcceptor, kConnector, kDispatcher, kReceiver };

// What holds a slot: a state machine of the core on one side, completions for JavaScript on the other.
class Port {
 public:
  explicit Port(PortKind kind) : kind_(kind) {}
  virtual ~Port() = default;
  PortKind kind() const { return kind_; }

 private:
  PortKind kind_;
};

// What every port works with. Borrows all of it from the Plane.
struct PortContext {
  EventLoop& loop;
  SharedMemory& memory;
  CompletionRing& completions;
  ReceiveArea& area;
  TurnBudget& budget;
  SlotTable<Port>& slots;
  BlockedWatch& blocked;
};

// A completion that must not be lost: one for which the ring has no room is pushed in a later turn, if the slot still stands.
void pushOrQueue(PortContext& context, SlotId id, layout::Completion kind, int32_t a, int32_t b);

// Index of a system call's name in what JavaScript knows: read, write, connect, accept.
int32_t syscallIndex(const char* name);

}  // namespace cotcp
