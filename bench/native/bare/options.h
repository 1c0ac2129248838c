#pragma once

#include <cstddef>
#include <cstdint>

namespace bare {

constexpr size_t kDefaultBufferBytes = 64 * 1024;

// What the command line of a bare server asked for, checked. A value.
struct Options {
  uint16_t port = 0;
  size_t bufferBytes = kDefaultBufferBytes;
  size_t buffers = 1;  // used in turn
  double burnMs = 0;
};

// Ends the process: 0 after --help, 2 with a message on stderr for what cannot be meant. `maxBuffers`: what --buffers may ask for.
Options parseOptions(int argc, char** argv, const char* help, size_t maxBuffers = 1);

}  // namespace bare
