#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace load {

enum class Mode { kEcho, kSteady, kBurst, kIdle, kChurn, kNeverRead, kHalfFrame };

// What the command line asked for, checked. A value.
struct Options {
  Mode mode = Mode::kEcho;
  sockaddr_storage address{};
  socklen_t addressLength = 0;
  size_t connections = 50;
  size_t size = 64;  // bytes of one message
  size_t depth = 1;  // messages in flight per connection
  double seconds = 2;
  double warmupSeconds = 1;
  bool separateWrites = false;
  bool framed = false;  // a message is a frame of four bytes of length and a body
  pid_t serverPid = 0;  // 0: nobody's CPU time is asked for
};

// Ends the process: 0 after --help, 2 with a message on stderr for what cannot be done.
Options parseOptions(int argc, char** argv);

}  // namespace load
