#include "load/commands.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace load {

bool Commands::look() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!ended_ && ::poll(&input, 1, 0) > 0) {
    char bytes[64];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0) lines_ += static_cast<size_t>(std::count(bytes, bytes + count, '\n'));
    ended_ = count <= 0;
  }
  return !ended_;
}

size_t Commands::takeLines() { return std::exchange(lines_, 0); }

}  // namespace load
