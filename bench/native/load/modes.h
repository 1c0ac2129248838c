#pragma once

#include "load/crowd.h"
#include "load/options.h"
#include "load/report.h"

namespace load {

// Each runs to its end or to the first error, which the report then tells.
void runEcho(const Options& options, Crowd& crowd, Report& report);
// Until stdin ends; for each line of it a report of the time since the one before.
void runSteady(const Options& options, Crowd& crowd, Report& report);
void runBurst(const Options& options, Crowd& crowd, Report& report);
void runIdle(const Options& options, Crowd& crowd, Report& report);

}  // namespace load
