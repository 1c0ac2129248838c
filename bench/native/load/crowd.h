#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "load/histogram.h"
#include "load/options.h"
#include "load/pattern.h"
#include "load/peer.h"
#include "load/poller.h"
#include "load/report.h"

namespace load {

// All connections of a run and the steps that the modes are made of. Owns the connections; borrows options and report.
// One thread.
class Crowd {
 public:
  Crowd(const Options& options, Report& report);

  // The steps return false once something has gone wrong; the report then tells.
  // Connects until there are `count`.
  bool growTo(size_t count);
  // Keeps --depth messages in flight on every connection until `deadline`.
  bool keepBusy(uint64_t deadline);
  // Awaits the answers to all that was sent.
  bool drain();
  // One message on each connection from `first` on, then all answers.
  bool exchange(size_t first);
  // Half-closes all and waits for the server's end: a byte too many shows here.
  bool finish();

  // Latencies and messages of the report begin anew.
  void forget();
  size_t size() const { return peers_.size(); }
  int anyFd() const { return peers_.front().fd(); }

 private:
  bool serve(int timeoutMs);
  bool serve(size_t index, uint32_t events);
  void countAnswers(size_t index, uint64_t receivedBefore);
  bool send(size_t index, uint64_t messages);
  template <typename Done>
  bool serveUntil(Done done);

  const Options& options_;
  Report& report_;
  Pattern pattern_;
  Poller poller_;
  std::deque<Peer> peers_;
  std::vector<char> scratch_;
  std::vector<uint64_t> allowed_;  // per connection: messages that may have been sent
  std::vector<uint64_t> sentAt_;   // per connection a ring of --depth times
  bool refill_ = false;
  uint64_t answersAwaited_ = 0;
  size_t endsAwaited_ = 0;
};

}  // namespace load
