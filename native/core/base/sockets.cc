#include "core/base/sockets.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace cotcp::sockets {

namespace {

std::unexpected<IoError> failure(const char* syscall) { return std::unexpected(IoError{syscall, errno}); }

template <typename Value>
Result<void> setOption(int fd, int level, int name, const Value& value) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) < 0) return failure("setsockopt");
  return {};
}

Result<void> setFlag(int fd, int level, int name, bool on) { return setOption(fd, level, name, on ? 1 : 0); }

using AddressCall = int (*)(int, sockaddr*, socklen_t*);

Result<InetAddress> askAddress(AddressCall call, const char* syscall, int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (call(fd, address, &length) < 0) return failure(syscall);
  return InetAddress::fromSockaddr(address, length);
}

}  // namespace

Result<UniqueFd> createStream(int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failure("socket");
  return fd;
}

Result<void> bind(int fd, const InetAddress& address) {
  if (::bind(fd, address.get(), address.length()) < 0) return failure("bind");
  return {};
}

Result<void> listen(int fd, int backlog) {
  if (::listen(fd, backlog) < 0) return failure("listen");
  return {};
}

Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return failure("fcntl");
  return copy;
}

Result<UniqueFd> accept(int fd, InetAddress& peer) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  UniqueFd accepted(::accept4(fd, address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!accepted) return failure("accept");
  peer = InetAddress::fromSockaddr(address, length);
  return accepted;
}

Result<void> connect(int fd, const InetAddress& address) {
  if (::connect(fd, address.get(), address.length()) < 0) return failure("connect");
  return {};
}

Result<size_t> receive(int fd, std::span<uint8_t> into) {
  // recv() of no bytes answers 0, which would be taken for the end of the stream.
  if (into.empty()) return std::unexpected(IoError{"recv", EINVAL});
  for (;;) {
    const ssize_t count = ::recv(fd, into.data(), into.size(), 0);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return failure("recv");
  }
}

Result<size_t> send(int fd, std::span<const uint8_t> bytes) {
  for (;;) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return failure("send");
  }
}

Result<void> shutdownWrite(int fd) {
  if (::shutdown(fd, SHUT_WR) < 0) return failure("shutdown");
  return {};
}

Result<InetAddress> localAddress(int fd) { return askAddress(::getsockname, "getsockname", fd); }

Result<InetAddress> peerAddress(int fd) { return askAddress(::getpeername, "getpeername", fd); }

Result<size_t> unacknowledged(int fd) {
  int bytes = 0;
  if (::ioctl(fd, SIOCOUTQ, &bytes) < 0) return failure("ioctl");
  return static_cast<size_t>(bytes);
}

Result<size_t> unread(int fd) {
  int bytes = 0;
  if (::ioctl(fd, SIOCINQ, &bytes) < 0) return failure("ioctl");
  return static_cast<size_t>(bytes);
}

Result<int> takeError(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return failure("getsockopt");
  return error;
}

Result<void> setReuseAddress(int fd, bool on) { return setFlag(fd, SOL_SOCKET, SO_REUSEADDR, on); }

Result<void> setReusePort(int fd, bool on) { return setFlag(fd, SOL_SOCKET, SO_REUSEPORT, on); }

Result<void> setIpv6Only(int fd, bool on) { return setFlag(fd, IPPROTO_IPV6, IPV6_V6ONLY, on); }

Result<void> setNoDelay(int fd, bool on) { return setFlag(fd, IPPROTO_TCP, TCP_NODELAY, on); }

Result<void> setUnsentLimit(int fd, int bytes) { return setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes); }

Result<void> setBindAddressNoPort(int fd, bool on) { return setFlag(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on); }

Result<void> setKeepAlive(int fd, const KeepAlive& keepAlive) {
  const auto switched = setFlag(fd, SOL_SOCKET, SO_KEEPALIVE, keepAlive.enabled);
  if (!switched || !keepAlive.enabled) return switched;
  const struct {
    int name;
    int value;
  } settings[] = {
      {TCP_KEEPIDLE, keepAlive.initialDelaySeconds},
      {TCP_KEEPINTVL, keepAlive.intervalSeconds},
      {TCP_KEEPCNT, keepAlive.count},
  };
  for (const auto& setting : settings) {
    if (setting.value == 0) continue;
    if (auto set = setOption(fd, IPPROTO_TCP, setting.name, setting.value); !set) return set;
  }
  return {};
}

Result<void> setResetOnClose(int fd, bool on) { return setOption(fd, SOL_SOCKET, SO_LINGER, linger{on ? 1 : 0, 0}); }

}  // namespace cotcp::sockets
