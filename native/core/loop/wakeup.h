#pragma once

#include <utility>

#include "core/base/io_error.h"
#include "core/base/unique_fd.h"

namespace cotcp {

// An eventfd that makes the poller return. signal() from any thread, clear() from the loop's.
class Wakeup {
 public:
  static Result<Wakeup> create();
  int fd() const { return fd_.get(); }
  // Never blocks. The descriptor is readable until clear(), however often it was signalled.
  void signal();
  void clear();

 private:
  explicit Wakeup(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace cotcp
