#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/inet_address.h"

namespace cotcp {

// How many connections a server may have in all its threads together. Shared by those who accept and by each connection's
// place. From any thread.
class Quota : public std::enable_shared_from_this<Quota> {
 public:
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  struct Limits {
    int64_t connections = kUnlimited;
    int64_t perAddress = kUnlimited;  // no effect on unix sockets
    bool resets = false;              // peers above `connections` are reset; else they wait
  };
  struct Refused {
    uint64_t connections = 0;
    uint64_t perAddress = 0;
  };
  enum class Refusal : uint8_t { kReset, kWait };

  // What a connection holds while it is open.
  class Place {
   public:
    Place(std::shared_ptr<Quota> quota, std::string address) : quota_(std::move(quota)), address_(std::move(address)) {}
    ~Place() { quota_->leave(address_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<Quota> quota_;
    std::string address_;
  };
  using Ticket = std::unique_ptr<Place>;  // empty where nothing is limited

  explicit Quota(Limits limits) : limits_(limits) {}

  // Counts a refusal by reset.
  std::expected<Ticket, Refusal> enter(const InetAddress& peer);
  // true: a peer taken now would not have to wait. Else `wake` is called once, from whatever thread, when there is room.
  bool hasRoom(const std::function<void()>& wake);
  Refused refused() const;

 private:
  void leave(const std::string& address);

  const Limits limits_;
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  int64_t open_ = 0;
  std::unordered_map<std::string, int64_t> openOf_;
  std::vector<std::function<void()>> waiting_;
  Refused refused_;
};

}  // namespace cotcp
