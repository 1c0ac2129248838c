#pragma once

// What the tests of the state machines share: connected pairs, what the kernel says of a descriptor, and turns that are
// bounded in number.

#include <dirent.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/inet_address.h"
#include "core/base/sockets.h"
#include "core/base/unique_fd.h"
#include "core/loop/event_loop.h"
#include "test/harness.h"
#include "test/test_loop.h"

namespace cotcp::test {

using Bytes = std::vector<uint8_t>;

constexpr int kPatience = 10'000;  // ms; what has not come then does not come

inline bool isReady(int fd, short events, int timeoutMs = 0) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, timeoutMs) == 1;
}
inline void waitFor(int fd, short events) { REQUIRE(isReady(fd, events, kPatience)); }

// false: the fact does not come to hold within so many turns.
template <typename Fact>
bool turnUntil(EventLoop& loop, Fact fact) {
  for (int turns = 0; turns < 1000; ++turns) {
    if (fact()) return true;
    loop.turn(10);
  }
  return fact();
}

// What fresh descriptors have to tell is told. false: the loop does not come to rest.
inline bool settleDown(EventLoop& loop) {
  for (int turns = 0; turns < 100; ++turns) {
    if (!isAwake(loop)) return true;
    loop.turn(0);
  }
  return false;
}

inline InetAddress loopback(uint16_t port = 0) { return *InetAddress::parse("127.0.0.1", port); }

inline InetAddress abstractPath(const std::string& name) {
  return *InetAddress::unixPath(std::string(1, '\0') + "cotcp-" + name + "-" + std::to_string(::getpid()));
}

inline UniqueFd listenOn(const InetAddress& address, int backlog = 512) {
  auto listener = VALUE_OF(sockets::createStream(address.family()));
  VALUE_OF(sockets::bind(listener.get(), address));
  VALUE_OF(sockets::listen(listener.get(), backlog));
  return listener;
}

// A peer that has connected, or at least waits for it.
inline UniqueFd startPeer(const InetAddress& address) {
  auto peer = VALUE_OF(sockets::createStream(address.family()));
  const auto connected = sockets::connect(peer.get(), address);
  REQUIRE(connected || connected.error().code == EINPROGRESS);
  return peer;
}
inline UniqueFd connectPeer(const InetAddress& address) {
  auto peer = startPeer(address);
  waitFor(peer.get(), POLLOUT);
  return peer;
}
inline UniqueFd connectPeer(int listener) { return connectPeer(VALUE_OF(sockets::localAddress(listener))); }

// Two ends of one TCP connection over the loopback.
struct TcpPair {
  UniqueFd ours;
  UniqueFd theirs;

  TcpPair() {
    const auto listener = listenOn(loopback());
    theirs = connectPeer(listener.get());
    waitFor(listener.get(), POLLIN);
    InetAddress peer;
    ours = VALUE_OF(sockets::accept(listener.get(), peer));
    // One write, one segment.
    VALUE_OF(sockets::setNoDelay(ours.get(), true));
    VALUE_OF(sockets::setNoDelay(theirs.get(), true));
  }
};

inline Bytes patternOf(size_t count, uint32_t seed = 1) {
  Bytes bytes(count);
  uint32_t state = seed;
  for (auto& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}
inline Bytes bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

// How a peer's stream went on: what came, and then 0 for the end, an errno, or EAGAIN.
struct Heard {
  Bytes bytes;
  int ending = EAGAIN;
};
inline void hear(int fd, Heard& heard) {
  Bytes part(64 * 1024);
  while (heard.ending == EAGAIN) {
    const auto received = sockets::receive(fd, part);
    if (!received) {
      heard.ending = received.error().code;
      if (heard.ending == EAGAIN) return;
    } else if (*received == 0) {
      heard.ending = 0;
    } else {
      heard.bytes.insert(heard.bytes.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(*received));
    }
  }
}
// Waits for the ending, which nothing of the loop's must be needed for.
inline Heard hearAll(int fd) {
  Heard heard;
  for (hear(fd, heard); heard.ending == EAGAIN; hear(fd, heard)) waitFor(fd, POLLIN);
  return heard;
}

inline void sendAll(int fd, std::span<const uint8_t> bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    waitFor(fd, POLLOUT);
    const auto taken = sockets::send(fd, bytes.subspan(sent));
    REQUIRE(taken || taken.error().code == EAGAIN);
    if (taken) sent += *taken;
  }
}
// So much that the kernel takes no more.
inline size_t fill(int fd) {
  const Bytes block(64 * 1024);
  size_t sent = 0;
  for (;;) {
    const auto taken = sockets::send(fd, block);
    if (!taken) return sent;
    sent += *taken;
  }
}
inline void resetPeer(UniqueFd& fd) {
  VALUE_OF(sockets::setResetOnClose(fd.get(), true));
  fd.reset();
}

// SO_LINGER{1,0}: whoever closes the descriptor now, the death of the process included, sends RST.
inline bool isResetArmed(int fd) {
  linger value{};
  socklen_t length = sizeof value;
  REQUIRE(::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &length) == 0);
  return value.l_onoff == 1 && value.l_linger == 0;
}

inline size_t openDescriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  REQUIRE(directory != nullptr);
  size_t count = 0;
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

// Runs in a child, whose limits and namespaces are its own; its failed checks count here.
template <typename Body>
void inChild(Body body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    failuresOfTest() = 0;
    body();
    ::_exit(failuresOfTest() == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK_EQUAL(status, 0);
}

}  // namespace cotcp::test
