#include "core/tcp/loop_registry.h"

#include <utility>

namespace cotcp {

LoopRegistry& LoopRegistry::process() {
  static LoopRegistry* const registry = new LoopRegistry;
  return *registry;
}

uint32_t LoopRegistry::add(uint32_t wanted, std::shared_ptr<Mailbox> mailbox) {
  const std::lock_guard lock(mutex_);
  const uint32_t number = mailboxes_.contains(wanted) ? nextSpare_++ : wanted;
  mailboxes_.emplace(number, std::move(mailbox));
  return number;
}

void LoopRegistry::remove(uint32_t number) {
  const std::lock_guard lock(mutex_);
  mailboxes_.erase(number);
}

std::shared_ptr<Mailbox> LoopRegistry::find(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = mailboxes_.find(number);
  return found == mailboxes_.end() ? nullptr : found->second;
}

size_t LoopRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return mailboxes_.size();
}

}  // namespace cotcp
