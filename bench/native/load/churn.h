#pragma once

#include <string>

#include "load/options.h"
#include "load/report.h"

namespace load {

// Connections that say nothing and are followed by another one when the server has ended them. Runs to its end or to the first
// error, which the report then tells. `congestion` becomes the name of what one of them used.
void runChurn(const Options& options, Report& report, std::string& congestion);

}  // namespace load
