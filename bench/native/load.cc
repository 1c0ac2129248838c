// Load generator: many connections on one thread, every byte of every answer checked. See bench/README.md.
#include <sys/resource.h>

#include <string>

#include "load/churn.h"
#include "load/crowd.h"
#include "load/modes.h"
#include "load/options.h"
#include "load/report.h"
#include "load/silent.h"

namespace {

void raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const load::Options options = load::parseOptions(argc, argv);
  raiseDescriptorLimit();
  if (options.mode == load::Mode::kNeverRead || options.mode == load::Mode::kHalfFrame) return load::runSilent(options);
  load::Report report;
  if (options.mode == load::Mode::kChurn) {
    std::string congestion = "unknown";
    load::runChurn(options, report, congestion);
    load::print(options, report, congestion);
    return report.errors == 0 ? 0 : 1;
  }
  load::Crowd crowd(options, report);
  switch (options.mode) {
    case load::Mode::kEcho:
      load::runEcho(options, crowd, report);
      break;
    case load::Mode::kSteady:
      load::runSteady(options, crowd, report);
      return report.errors == 0 ? 0 : 1;
    case load::Mode::kBurst:
      load::runBurst(options, crowd, report);
      break;
    case load::Mode::kIdle:
      load::runIdle(options, crowd, report);
      break;
    case load::Mode::kChurn:
    case load::Mode::kNeverRead:
    case load::Mode::kHalfFrame:
      break;
  }
  load::print(options, report, crowd.size() == 0 ? "unknown" : load::congestionControl(crowd.anyFd()));
  return report.errors == 0 ? 0 : 1;
}
