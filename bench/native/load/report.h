#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "load/histogram.h"
#include "load/options.h"
#include "load/peer.h"

namespace load {

// What a run found within its measured time.
struct Report {
  uint64_t messages = 0;
  double seconds = 0;
  double serverCpuSeconds = -1;  // negative: not asked for, or no such process
  double loadCpuSeconds = 0;
  uint64_t errors = 0;
  Histogram latency;

  // Says on stderr what went wrong.
  void addError(size_t peer, PeerError error);
  void addError(const char* message);
};

// Time and CPU between two moments.
class Window {
 public:
  explicit Window(const Options& options) : serverPid_(options.serverPid) {}
  void open();
  void close(Report& report) const;

 private:
  double serverCpu() const;
  pid_t serverPid_;
  uint64_t openedAt_ = 0;
  double serverCpuAtOpen_ = -1;
  double loadCpuAtOpen_ = 0;
};

// The kernel's name of the congestion control that a connection uses.
std::string congestionControl(int fd);

// One line of JSON on stdout.
void print(const Options& options, const Report& report, const std::string& congestion);

}  // namespace load
