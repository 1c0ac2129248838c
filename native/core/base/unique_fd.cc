#include "core/base/unique_fd.h"

#include <unistd.h>

namespace cotcp {

void UniqueFd::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  // Linux frees the descriptor even when close() reports EINTR: a second call could close somebody else's. Never retry.
  if (old >= 0) ::close(old);
}

}  // namespace cotcp
