#pragma once

#include <expected>

namespace cotcp {

// What a system call reported: its name (static storage) and errno.
struct IoError {
  const char* syscall;
  int code;
};

template <typename T>
using Result = std::expected<T, IoError>;

}  // namespace cotcp
