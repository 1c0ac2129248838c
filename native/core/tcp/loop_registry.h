#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/tcp/mailbox.h"

namespace cotcp {

// Under which number the mailbox of each loop of the process is found. The only thing that all environments share: see
// docs/decisions/011. Shares the mailboxes. From any thread.
class LoopRegistry {
 public:
  // Never destroyed: a thread may still look here while the process ends.
  static LoopRegistry& process();

  LoopRegistry() = default;
  LoopRegistry(const LoopRegistry&) = delete;
  LoopRegistry& operator=(const LoopRegistry&) = delete;

  // The number it has until remove(), never given twice: `wanted`, which is that of its thread, or another one when a loop of
  // the same thread has that already.
  uint32_t add(uint32_t wanted, std::shared_ptr<Mailbox> mailbox);
  void remove(uint32_t number);
  // nullptr: there is no such loop, or none any more.
  std::shared_ptr<Mailbox> find(uint32_t number) const;
  size_t size() const;

 private:
  // No thread has such a number.
  static constexpr uint32_t kFirstSpare = uint32_t{1} << 30;

  mutable std::mutex mutex_;
  std::unordered_map<uint32_t, std::shared_ptr<Mailbox>> mailboxes_;  // guarded by mutex_
  uint32_t nextSpare_ = kFirstSpare;                                  // guarded by mutex_
};

}  // namespace cotcp
