#include "core/tcp/quota.h"

#include <utility>

namespace cotcp {

std::expected<Quota::Ticket, Quota::Refusal> Quota::enter(const InetAddress& peer) {
  if (limits_.connections == kUnlimited && limits_.perAddress == kUnlimited) return nullptr;
  const bool countsAddress = limits_.perAddress != kUnlimited && peer.shownFamily() != AddressFamily::kUnix;
  std::string address = countsAddress ? peer.address() : std::string();
  const std::lock_guard lock(mutex_);
  if (open_ >= limits_.connections) {
    if (!limits_.resets) return std::unexpected(Refusal::kWait);
    ++refused_.connections;
    return std::unexpected(Refusal::kReset);
  }
  if (!address.empty()) {
    const auto found = openOf_.find(address);
    if (found != openOf_.end() && found->second >= limits_.perAddress) {
      ++refused_.perAddress;
      return std::unexpected(Refusal::kReset);
    }
    ++openOf_[address];
  }
  ++open_;
  return std::make_unique<Place>(shared_from_this(), std::move(address));
}

bool Quota::hasRoom(const std::function<void()>& wake) {
  if (limits_.resets || limits_.connections == kUnlimited) return true;
  const std::lock_guard lock(mutex_);
  if (open_ < limits_.connections) return true;
  waiting_.push_back(wake);
  return false;
}

Quota::Refused Quota::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void Quota::leave(const std::string& address) {
  std::vector<std::function<void()>> woken;
  {
    const std::lock_guard lock(mutex_);
    --open_;
    if (!address.empty()) {
      const auto found = openOf_.find(address);
      if (--found->second == 0) openOf_.erase(found);
    }
    woken.swap(waiting_);
  }
  // Not under the lock: who is woken may look at once.
  for (const auto& wake : woken) wake();
}

}  // namespace cotcp
