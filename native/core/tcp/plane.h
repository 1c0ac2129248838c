#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/inet_address.h"
#include "core/base/sockets.h"
#include "core/tcp/acceptor_port.h"
#include "core/tcp/connection_port.h"
#include "core/tcp/connector_port.h"
#include "core/tcp/dispatcher_port.h"
#include "core/tcp/mailbox.h"
#include "core/tcp/port.h"
#include "core/tcp/receiver_port.h"
#include "core/tcp/remote_calls.h"

namespace cotcp {

struct SocketSettings {
  bool noDelay = true;
  sockets::KeepAlive keepAlive;
  bool resetUnlessClosed = false;
};

struct ListenSettings {
  InetAddress address;
  int backlog = 0;
  bool ipv6Only = false;
  bool reusePort = false;
  SocketSettings socket;
};

struct ConnectSettings {
  InetAddress peer;
  std::optional<InetAddress> local;
  SocketSettings socket;
};

// The data plane of one thread: the slots that JavaScript knows, the shared memory and what passes through it. Owns every
// port, borrows the loop. Loop thread only.
class Plane {
 public:
  explicit Plane(EventLoop& loop);
  ~Plane();
  Plane(const Plane&) = delete;
  Plane& operator=(const Plane&) = delete;

  SharedMemory& memory() { return memory_; }
  ReceiveArea& area() { return area_; }
  bool isMapped() const { return memory_.isMapped(); }

  // Before and after the loop's turn. The result: completions for JavaScript.
  void beginTurn();
  size_t endTurn();
  // JavaScript has left the batch. Another turn follows if somebody there waits for one.
  void leaveBatch();
  // JavaScript has to be entered, completions or not.
  bool isWaitedFor() { return memory_.control(layout::kWaiters) != 0; }
  // Writes what JavaScript has posted: for each connection all of it in order, in one write.
  void drain();

  Result<SlotId> listen(const ListenSettings& settings);
  // A listener for other threads.
  Result<SlotId> listenForThreads(const ListenSettings& settings, std::shared_ptr<Quota> quota);
  // The seat of such a listener's server in this thread.
  Result<SlotId> openReceiver(bool resetUnlessClosed);
  Result<SlotId> connect(const ConnectSettings& settings);

  ConnectionPort* connection(uint32_t slot, uint32_t generation) const;
  AcceptorPort* acceptor(uint32_t slot, uint32_t generation) const;
  DispatcherPort* dispatcher(uint32_t slot, uint32_t generation) const;
  ReceiverPort* receiver(uint32_t slot, uint32_t generation) const;
  // Whatever it is: destroyed now, its descriptor closed, the slot free from the next turn on.
  void release(uint32_t slot, uint32_t generation);
  // The end: no other thread reaches this one from now on, and every port goes.
  void releaseAll();

  // Where other threads leave work for this one.
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  RemoteCalls& remoteCalls() { return remoteCalls_; }

  TimerId startTimer(Nanoseconds after);
  bool cancelTimer(TimerId timer) { return loop_.timers().cancel(timer); }

 private:
  // Of one connection: the post that follows, and whether none goes before.
  struct Post {
    size_t next;
    bool isFirst;
  };

  void chainPosts(size_t count);
  std::span<const uint8_t> gatherPosts(size_t first);
  void pushTimer(TimerId timer);
  void pushDueTimers();

  EventLoop& loop_;
  SharedMemory memory_;
  CompletionRing completions_{memory_};
  ReceiveArea area_{memory_};
  TurnBudget budget_{memory_};
  SlotTable<Port> slots_{layout::kMaxSlots};
  BlockedWatch blocked_;
  PortContext context_;
  std::vector<Post> chain_ = std::vector<Post>(layout::kSubmissions);
  std::vector<uint8_t> gathered_;
  uint64_t postRound_ = 0;
  const std::shared_ptr<Mailbox> mailbox_;
  RemoteCalls remoteCalls_{loop_, completions_};
  std::deque<TimerId> dueTimers_;  // have fired and found no room in the ring
};

}  // namespace cotcp
