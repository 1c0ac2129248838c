#pragma once

#include "load/options.h"

namespace load {

// Peers that a server has to end, of --mode never-read and half-frame: they connect, send nothing or half a frame, and
// never read. Says `ready` when all have, then one line of JSON when the server has ended all, or --seconds are over.
// Exit code.
int runSilent(const Options& options);

}  // namespace load
