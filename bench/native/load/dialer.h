#pragma once

#include <cstddef>
#include <deque>

#include "load/options.h"
#include "load/pattern.h"
#include "load/peer.h"

namespace load {

// Adds connections to `peers` until there are `count`, a bounded number of connects at a time, which spares the server's
// backlog. false with a message on stderr when one fails or all take too long.
bool dial(const Options& options, const Pattern& pattern, size_t count, std::deque<Peer>& peers);

}  // namespace load
