#include "load/modes.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "load/clock.h"
#include "load/commands.h"

namespace load {

namespace {

// Few enough that an idle run does not grow the server's buffers for a crowd that never comes again.
constexpr size_t kIdleStep = 64;

// How soon a line of stdin is seen.
constexpr double kSteadySliceSeconds = 0.01;

uint64_t after(double seconds) { return now() + static_cast<uint64_t>(seconds * static_cast<double>(kNanosPerSecond)); }

bool burstUntil(uint64_t deadline, Crowd& crowd) {
  do {
    if (!crowd.exchange(0)) return false;
  } while (now() < deadline);
  return true;
}

}  // namespace

void runEcho(const Options& options, Crowd& crowd, Report& report) {
  if (!crowd.growTo(options.connections)) return;
  if (options.warmupSeconds > 0 && !crowd.keepBusy(after(options.warmupSeconds))) return;
  crowd.forget();
  Window window(options);
  window.open();
  const bool good = crowd.keepBusy(after(options.seconds));
  window.close(report);
  if (!good) return;
  // What drains after the window is checked, not counted.
  const Report measured = report;
  if (!crowd.drain() || !crowd.finish()) return;
  report = measured;
}

void runSteady(const Options& options, Crowd& crowd, Report& report) {
  if (!crowd.growTo(options.connections)) return;
  const std::string congestion = congestionControl(crowd.anyFd());
  Commands commands;
  Window window(options);
  window.open();
  for (bool asked = true; asked;) {
    if (!crowd.keepBusy(after(kSteadySliceSeconds))) return;
    asked = commands.look();
    for (size_t lines = commands.takeLines(); lines > 0; --lines) {
      window.close(report);
      print(options, report, congestion);
      crowd.forget();
      window.open();
    }
  }
  if (crowd.drain()) crowd.finish();
}

void runBurst(const Options& options, Crowd& crowd, Report& report) {
  if (!crowd.growTo(options.connections)) return;
  if (options.warmupSeconds > 0 && !burstUntil(after(options.warmupSeconds), crowd)) return;
  crowd.forget();
  Window window(options);
  window.open();
  const bool good = burstUntil(after(options.seconds), crowd);
  window.close(report);
  if (good) crowd.finish();
}

void runIdle(const Options& options, Crowd& crowd, Report& report) {
  Window window(options);
  window.open();
  while (crowd.size() < options.connections) {
    const size_t first = crowd.size();
    if (!crowd.growTo(std::min(first + kIdleStep, options.connections)) || !crowd.exchange(first)) return;
  }
  window.close(report);
  std::puts("ready");
  std::fflush(stdout);
  char ignored[64];
  while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) continue;
  crowd.finish();
}

}  // namespace load
