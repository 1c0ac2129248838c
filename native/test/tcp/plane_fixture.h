#pragma once

// A Plane and the JavaScript that works with it.

#include <algorithm>
#include <utility>

#include "core/tcp/plane.h"
#include "port_fixture.h"

namespace cotcp::test {

struct PlaneScene {
  std::unique_ptr<EventLoop> loop = makeLoop();
  Script script;
  Plane plane{*loop};
  std::vector<Told> told;

  PlaneScene() {
    script.map(plane.memory());
    script.provide(plane.memory(), plane.area());
    plane.beginTurn();
  }
  ~PlaneScene() { plane.releaseAll(); }

  // A wake-up, up to where JavaScript would be entered.
  size_t enterBatch(int timeoutMs = 0) {
    script.provide(plane.memory(), plane.area());
    plane.beginTurn();
    loop->turn(timeoutMs);
    const size_t count = plane.endTurn();
    for (auto& one : script.read(plane.memory(), count)) told.push_back(std::move(one));
    return count;
  }
  size_t turn(int timeoutMs = 0) {
    const size_t count = enterBatch(timeoutMs);
    if (count > 0) plane.leaveBatch();
    return count;
  }
  bool turnUntilTold(size_t count) {
    for (int turns = 0; turns < 1000 && told.size() < count; ++turns) turn(10);
    return told.size() >= count;
  }

  SlotId listen(const InetAddress& address) {
    ListenSettings settings;
    settings.address = address;
    settings.backlog = 512;
    return VALUE_OF(plane.listen(settings));
  }
  InetAddress addressOf(SlotId listener) {
    return VALUE_OF(sockets::localAddress(plane.acceptor(listener.slot, listener.generation)->acceptor().fd()));
  }
  ConnectionPort* connection(SlotId id) { return plane.connection(id.slot, id.generation); }
  SlotId acceptNow(SlotId listener) {
    return VALUE_OF(plane.acceptor(listener.slot, listener.generation)->acceptNow());
  }
  void release(SlotId id) { plane.release(id.slot, id.generation); }

  // As JavaScript posts a small send: side by side in the out-slab.
  void post(SlotId id, std::string_view text) {
    SharedMemory& memory = plane.memory();
    int32_t& count = memory.control(layout::kSubmitted);
    int32_t& used = memory.control(layout::kOutUsed);
    auto* words = const_cast<int32_t*>(memory.submission(static_cast<size_t>(count++)));
    words[0] = static_cast<int32_t>(id.slot);
    words[1] = static_cast<int32_t>(id.generation);
    words[2] = used;
    words[3] = static_cast<int32_t>(text.size());
    std::copy(text.begin(), text.end(), const_cast<uint8_t*>(memory.outSlab().data()) + used);
    used += static_cast<int32_t>(text.size());
  }
};

}  // namespace cotcp::test
