#pragma once

#include <cstddef>
#include <cstdint>

// The one block of memory that the core and JavaScript both see: control words, completion ring, submission ring, out-slab,
// flags. src/loop/layout.ts mirrors these numbers; the addon exports them and the loader compares.
namespace cotcp::layout {

constexpr size_t kControlWords = 64;
enum ControlWord : size_t {
  kBatch = 0,         // completions of the batch that JavaScript is in; 0 = not in a batch
  kSubmitted = 1,     // entries in the submission ring
  kOutUsed = 2,       // bytes used of the out-slab
  kReceivedArea = 3,  // where the last direct receive put its bytes ...
  kReceivedAt = 4,    // ... and at which offset
  kAreasWanted = 5,   // bit per receive area that is used up
  kCreditBytes = 6,   // what the turn may still move, in bytes
  kTurn = 7,          // number of the turn
  kTurnStart = 8,     // two words: a double, ms of CLOCK_MONOTONIC at which the poller returned
  kSweepMs = 10,      // so long after a connection was blocked JavaScript wants to be told, once; 0 = never
  kSweepArmed = 11,   // 1 = it will be told, or looks by itself
  kWaiters = 12,      // how many in JavaScript wait for a turn: it is entered for them
};

constexpr size_t kCompletionWords = 6;  // slot, generation, kind, a, b, c
constexpr size_t kCompletions = 8192;
// One event or turn of a channel makes at most so many; a dispatch that finds less room waits for the next turn.
constexpr size_t kCompletionsPerEvent = 4;

enum class Completion : int32_t {
  kAccepted = 1,       // of a listener; a, b: slot and generation of the connection
  kAcceptTrouble = 2,  // of a listener; a: errno, b: peers refused, c: 1 = paused
  kConnected = 3,      // the connector has become a connection under the same slot
  kConnectFailed = 4,  // a: errno, b: index into kSyscalls
  kData = 5,           // a: area, b: offset, c: length; length 0 = the peer's clean end
  kReadable = 6,       // a receive is worth a call, or the turn of a suspended reader has come
  kWritable = 7,       // the kernel takes bytes again, or the turn of a suspended sender has come
  kEnded = 8,          // nothing more comes of it; a: errno (0 = in good order), b: index into kSyscalls
  kTimer = 9,          // slot and generation are the timer's
  kRemoteCall = 10,    // another thread asks something of a connection; a: number of the call, b: operation, c: bytes
  kRemoteAnswer =
      11,  // of a call to another thread; slot: ticket, a: Answer or JavaScript's, b: 1 = bytes came with it
};

// What native code answers to a call of another thread by itself; JavaScript's own answers are above.
enum Answer : int32_t {
  kAnswerLoopGone = 1,   // the thread of the connection has ended
  kAnswerWithdrawn = 2,  // nothing was done, as the caller wished
};

constexpr size_t kSubmissionWords = 4;  // slot, generation, offset, length
constexpr size_t kSubmissions = 4096;
constexpr size_t kOutSlabBytes = 256 * 1024;

constexpr size_t kFlagBytes = 4;
enum Flag : size_t {
  kFlagReadable = 0,  // a receive is worth a call
  kFlagWantRead = 1,  // WantRead
  kFlagBlocked = 2,   // the kernel is full, or output is queued: senders wait for kWritable
};
enum WantRead : uint8_t { kWantNothing = 0, kWantData = 1, kWantReadiness = 2 };

constexpr size_t kMaxSlots = size_t{1} << 20;

constexpr size_t kControlAt = 0;
constexpr size_t kCompletionsAt = kControlAt + kControlWords * 4;
constexpr size_t kSubmissionsAt = kCompletionsAt + kCompletions * kCompletionWords * 4;
constexpr size_t kOutSlabAt = kSubmissionsAt + kSubmissions * kSubmissionWords * 4;
constexpr size_t kFlagsAt = kOutSlabAt + kOutSlabBytes;
constexpr size_t kSharedBytes = kFlagsAt + kMaxSlots * kFlagBytes;

// Receive areas: two slabs used in turn, and a pool for small chunks.
constexpr size_t kSlabs = 2;
constexpr int32_t kPoolArea = 2;
constexpr size_t kAreas = 3;
constexpr size_t kSmallChunkBytes = 4096;  // below: copied into the pool, so that it does not pin a slab

// The report that describes a connection to JavaScript, in doubles.
enum ReportField : size_t {
  kBytesReceived = 0,
  kBytesWritten = 1,
  kOutputBytes = 2,
  kErrno = 3,
  kErrnoSyscall = 4,
  kHasTcpInfo = 5,
  kTcpInfoAt = 6,
  kReportFields = 24,
};

}  // namespace cotcp::layout
