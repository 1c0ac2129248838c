#pragma once

#include <cstdint>

namespace bare {

[[noreturn]] void die(const char* what);

// A listener on 127.0.0.1, whose line `listening on ADDRESS:PORT` is printed. The caller owns the descriptor.
int listenOnLoopback(uint16_t port);
// A connection with TCP_NODELAY, which the caller owns; -1 if there is none.
int acceptFrom(int listener);
void watch(int epoll, int operation, int fd, uint32_t events);
void raiseDescriptorLimit();

}  // namespace bare
