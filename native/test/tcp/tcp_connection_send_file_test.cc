// Sending from a file: what goes, what a file that is too short or unreadable leaves behind, and no SIGPIPE.
#include <fcntl.h>
#include <sys/mman.h>

#include <csignal>

#include "connection_fixture.h"
#include "core/base/send_file.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

constexpr size_t kMuchOfFile = 24 * 1024 * 1024;  // more than the kernel takes of a peer that does not read

UniqueFd fileOf(const Bytes& content) {
  UniqueFd file(::memfd_create("cotcp-send-file", MFD_CLOEXEC));
  REQUIRE(file);
  for (size_t at = 0; at < content.size();) {
    const ssize_t count = ::write(file.get(), content.data() + at, content.size() - at);
    REQUIRE(count > 0);
    at += static_cast<size_t>(count);
  }
  return file;
}

TEST("a file goes out in bounded steps as the peer reads, armed while some of it is left, its position unmoved") {
  Scene scene;
  const Bytes all = patternOf(kMuchOfFile);
  const UniqueFd file = fileOf(all);
  REQUIRE(::lseek(file.get(), 7, SEEK_SET) == 7);
  Heard heard;
  size_t sent = 0;
  while (sent < kMuchOfFile) {
    const FileSent step = scene.connection().sendFile(file.get(), sent, kMuchOfFile - sent, false);
    REQUIRE(step.kind == FileSent::Kind::kBytes);
    CHECK(step.count <= TcpConnection::kFileStepBytes);
    sent += step.count;
    CHECK_EQUAL(isResetArmed(scene.fd), sent < kMuchOfFile);
    if (!scene.connection().isBlocked()) continue;
    CHECK(turnUntil(*scene.loop, [&] {
      hear(scene.peer.get(), heard);
      return !scene.connection().isBlocked();
    }));
  }
  CHECK_EQUAL(scene.connection().bytesWritten(), kMuchOfFile);
  CHECK(turnUntil(*scene.loop, [&] {
    hear(scene.peer.get(), heard);
    return heard.bytes.size() == kMuchOfFile;
  }));
  CHECK(heard.bytes == all);
  CHECK_EQUAL(::lseek(file.get(), 0, SEEK_CUR), 7);
}

TEST("what lies behind queued output waits for it") {
  Scene scene;
  const UniqueFd file = fileOf(bytesOf("file"));
  CHECK(scene.connection().writeOrQueue(patternOf(kMuchOfFile)));
  const FileSent step = scene.connection().sendFile(file.get(), 0, 4, false);
  CHECK(step.kind == FileSent::Kind::kBytes);
  CHECK_EQUAL(step.count, 0u);
}

TEST("the end of the file and a descriptor that is no file leave the connection as it was") {
  Scene scene;
  const UniqueFd file = fileOf(bytesOf("file"));
  CHECK(scene.connection().sendFile(file.get(), 4, 1, false).kind == FileSent::Kind::kFileEnd);
  CHECK_EQUAL(scene.connection().sendFile(file.get(), 2, 5, false).count, 2u);
  const FileSent closed = scene.connection().sendFile(9999, 0, 5, false);
  CHECK(closed.kind == FileSent::Kind::kFileFailed);
  CHECK_EQUAL(closed.error, EBADF);
  CHECK(!scene.connection().isBroken());
}

TEST("the size is told of regular files only") {
  CHECK_EQUAL(VALUE_OF(sockets::fileSize(fileOf(bytesOf("file")).get())), 4u);
  const UniqueFd folder(::open("/tmp", O_RDONLY | O_CLOEXEC));
  const UniqueFd device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_EQUAL(sockets::fileSize(folder.get()).error().code, EISDIR);
  CHECK_EQUAL(sockets::fileSize(device.get()).error().code, EINVAL);
  CHECK_EQUAL(sockets::fileSize(-1).error().code, EBADF);
}

// In a child, as the default of SIGPIPE ends the process. The exit code is 0 if all is well.
int sendFileAfterShutdown() {
  ::signal(SIGPIPE, SIG_DFL);
  TcpPair pair;
  const UniqueFd file = fileOf(bytesOf("file"));
  ::shutdown(pair.ours.get(), SHUT_WR);
  const auto sent = sockets::sendFile(pair.ours.get(), file.get(), 0, 4);
  if (sent || sent.error().code != EPIPE) return 1;
  sigset_t set;
  ::sigpending(&set);
  if (::sigismember(&set, SIGPIPE)) return 2;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
  return ::sigismember(&set, SIGPIPE) ? 3 : 0;
}

TEST("a broken pipe raises no SIGPIPE where it would end the process, and leaves none behind") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(sendFileAfterShutdown());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK_EQUAL(WEXITSTATUS(status), 0);
}

}  // namespace
