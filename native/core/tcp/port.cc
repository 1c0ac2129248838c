#include "core/tcp/port.h"

#include <string_view>

namespace cotcp {

void pushOrQueue(PortContext& context, SlotId id, layout::Completion kind, int32_t a, int32_t b) {
  if (context.completions.hasRoom()) {
    context.completions.push(id, kind, a, b);
    return;
  }
  context.loop.queueInLoop([&context, id, kind, a, b] {
    if (context.slots.find(id) != nullptr) pushOrQueue(context, id, kind, a, b);
  });
}

int32_t syscallIndex(const char* name) {
  const std::string_view call = name;
  if (call == "send" || call == "write" || call == "shutdown") return 1;
  if (call == "connect") return 2;
  if (call == "accept") return 3;
  return 0;
}

}  // namespace cotcp
