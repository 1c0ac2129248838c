#pragma once

// A TcpConnection on one end of a pair, and an observer that counts what it is told.

#include "core/tcp/tcp_connection.h"
#include "fixture.h"

namespace cotcp::test {

class Watched final : public TcpConnection::Observer {
 public:
  Watched(EventLoop& loop, UniqueFd fd, bool resetUnlessClosed = false)
      : connection(loop, std::move(fd), {}, resetUnlessClosed, *this) {
    VALUE_OF(connection.open());
  }

  void onReadable() override { ++readable; }
  void onWritable() override { ++writable; }
  void onBroken() override { ++broken; }
  void onClosed() override { ++closed; }
  void onTurn() override { ++turns; }

  // What can be read now; the kind of the read that brought no more.
  Received::Kind readInto(Bytes& bytes, size_t portion = 64 * 1024) {
    Bytes part(portion);
    for (;;) {
      const Received received = connection.read(part);
      if (received.kind != Received::Kind::kBytes) return received.kind;
      bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(received.count));
    }
  }

  int readable = 0;
  int writable = 0;
  int broken = 0;
  int closed = 0;
  int turns = 0;
  TcpConnection connection;
};

// A loop with one connection, and its peer.
struct Scene {
  std::unique_ptr<EventLoop> loop = makeLoop();
  TcpPair pair;
  int fd = pair.ours.get();
  Watched ours;
  UniqueFd& peer = pair.theirs;

  explicit Scene(bool resetUnlessClosed = false) : ours(*loop, armed(resetUnlessClosed), resetUnlessClosed) {
    CHECK(settleDown(*loop));
  }
  TcpConnection& connection() { return ours.connection; }

 private:
  // As a listener's option is inherited.
  UniqueFd armed(bool reset) {
    VALUE_OF(sockets::setResetOnClose(pair.ours.get(), reset));
    return std::move(pair.ours);
  }
};

inline std::span<const uint8_t> viewOf(const Bytes& bytes) { return bytes; }

}  // namespace cotcp::test
