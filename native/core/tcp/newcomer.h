#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "core/base/inet_address.h"
#include "core/base/unique_fd.h"
#include "core/tcp/port.h"
#include "core/tcp/quota.h"

namespace cotcp {

// How many newcomers are on their way to one thread. Shared by the two threads.
class Transit : public std::enable_shared_from_this<Transit> {
 public:
  // More than the backlog of most listeners: beyond it the kernel's backlog is the queue.
  static constexpr int kMost = 512;

  // One on its way, until it has arrived or is no more.
  class Token {
   public:
    Token() = default;
    explicit Token(std::shared_ptr<Transit> transit) : transit_(std::move(transit)) {}
    Token(Token&& other) noexcept = default;
    Token& operator=(Token&& other) noexcept {
      leave();
      transit_ = std::move(other.transit_);
      return *this;
    }
    ~Token() { leave(); }

   private:
    void leave() {
      if (const auto transit = std::exchange(transit_, nullptr)) transit->leave();
    }
    std::shared_ptr<Transit> transit_;
  };

  // `wake`: from whatever thread, after isFull() has been true and there is room again.
  explicit Transit(std::function<void()> wake) : wake_(std::move(wake)) {}
  Token begin() {
    ++underWay_;
    return Token(shared_from_this());
  }
  bool isFull();
  // Whether any but the last `newest` have not arrived.
  bool isBehind(size_t newest) const { return static_cast<size_t>(underWay_.load()) > newest; }

 private:
  void leave();

  std::function<void()> wake_;
  std::atomic<int> underWay_ = 0;
  std::atomic<bool> stalled_ = false;
};

// A peer that has been accepted and is no connection yet. If it never becomes one, it is reset: a clean end would be a lie.
struct Newcomer {
  UniqueFd fd;
  InetAddress peer;
  Quota::Ticket ticket;
  Transit::Token transit;

  Newcomer(UniqueFd socket, InetAddress from, Quota::Ticket place)
      : fd(std::move(socket)), peer(std::move(from)), ticket(std::move(place)) {}
  Newcomer(Newcomer&&) noexcept = default;
  Newcomer& operator=(Newcomer&&) = delete;
  ~Newcomer();
};

// A connection with a slot of its own. Peers for whom there is none are reset.
Result<SlotId> admit(PortContext& context, Newcomer newcomer, bool resetUnlessClosed);

}  // namespace cotcp
