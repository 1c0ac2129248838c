#pragma once

#include <cstddef>

namespace load {

// Lines on stdin, which the runner sends as commands. One thread.
class Commands {
 public:
  // Takes what is there without waiting; false once stdin has ended.
  bool look();
  // Lines that have come since the last call.
  size_t takeLines();

 private:
  size_t lines_ = 0;
  bool ended_ = false;
};

}  // namespace load
