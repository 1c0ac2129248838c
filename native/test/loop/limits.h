#pragma once

// How many descriptors this process has, and may have.

#include <fcntl.h>
#include <sys/resource.h>

#include "test/harness.h"

namespace cotcp::test {

inline bool isOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

inline int openDescriptors() {
  int open = 0;
  for (int fd = 0; fd < 1024; ++fd) open += isOpen(fd) ? 1 : 0;
  return open;
}

// While it lives so many descriptors can still be opened.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int left) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    int fd = 0;
    while (isOpen(fd) || left-- > 0) ++fd;
    const rlimit tight{static_cast<rlim_t>(fd), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  }
  ~DescriptorLimit() { REQUIRE(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace cotcp::test
