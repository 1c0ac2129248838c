#include "core/tcp/mailbox.h"

#include <utility>

#include "core/loop/event_loop.h"
#include "core/tcp/plane.h"

namespace cotcp {

bool Mailbox::post(Task&& task) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return false;
  // The plane goes before the loop, and after it no turn runs: a task that runs finds the plane.
  loop_->queueInLoop([plane = plane_, queued = std::move(task)]() mutable { queued(*plane); });
  return true;
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

}  // namespace cotcp
