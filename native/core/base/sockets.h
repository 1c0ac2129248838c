#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/inet_address.h"
#include "core/base/io_error.h"
#include "core/base/unique_fd.h"

// The socket system calls as values: every descriptor is CLOEXEC and non-blocking, no call raises SIGPIPE, and EINTR
// leaves only accept() and connect(), where it means something.
namespace cotcp::sockets {

Result<UniqueFd> createStream(int family);  // AF_INET, AF_INET6, AF_UNIX
Result<void> bind(int fd, const InetAddress& address);
Result<void> listen(int fd, int backlog);
// Another descriptor of the same socket.
Result<UniqueFd> duplicate(int fd);
// One accept4(2), EINTR told like any other errno: the Acceptor's table decides.
Result<UniqueFd> accept(int fd, InetAddress& peer);
// One connect(2): success, or its errno (EINPROGRESS among them).
Result<void> connect(int fd, const InetAddress& address);

// >= 0 bytes; 0 of receive = end of stream. EINTR is retried inside.
Result<size_t> receive(int fd, std::span<uint8_t> into);
Result<size_t> send(int fd, std::span<const uint8_t> bytes);
Result<void> shutdownWrite(int fd);

Result<InetAddress> localAddress(int fd);
Result<InetAddress> peerAddress(int fd);

// Bytes in the kernel that the peer's has not acknowledged; for a unix socket, memory of what the peer has not read.
Result<size_t> unacknowledged(int fd);
// Bytes that have come and wait in the kernel: SIOCINQ, tcp(7), unix(7).
Result<size_t> unread(int fd);

// Takes the pending error of the socket: 0 = none. Failure of getsockopt itself is an error, never "no error".
Result<int> takeError(int fd);

Result<void> setReuseAddress(int fd, bool on);
Result<void> setReusePort(int fd, bool on);
Result<void> setIpv6Only(int fd, bool on);
Result<void> setNoDelay(int fd, bool on);
// TCP_NOTSENT_LOWAT, tcp(7): so many bytes that have not been sent make the socket full, whatever the size of its buffer.
Result<void> setUnsentLimit(int fd, int bytes);
Result<void> setBindAddressNoPort(int fd, bool on);

struct KeepAlive {
  bool enabled = true;
  int initialDelaySeconds = 0;  // 0 = the kernel's
  int intervalSeconds = 0;
  int count = 0;
};
Result<void> setKeepAlive(int fd, const KeepAlive& keepAlive);

// SO_LINGER {1, 0}: whatever closes the descriptor now, the death of the process included, sends RST. Off: as the
// kernel does it.
Result<void> setResetOnClose(int fd, bool on);

}  // namespace cotcp::sockets
