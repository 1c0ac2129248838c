#pragma once

// An Acceptor that keeps what it takes.

#include <utility>
#include <vector>

#include "core/tcp/acceptor.h"
#include "fixture.h"

namespace cotcp::test {

class Taking final : public Acceptor::Observer {
 public:
  struct Trouble {
    int error;
    int refused;
    bool paused;
  };

  Taking(EventLoop& loop, UniqueFd listener) : acceptor(loop, std::move(listener), *this) { VALUE_OF(acceptor.open()); }

  bool canTake() override { return ready; }
  void onAccepted(UniqueFd fd, const InetAddress& peer) override {
    taken.push_back(std::move(fd));
    peers.push_back(peer);
  }
  void onRoundEnd() override {
    ++rounds;
    const size_t before = std::exchange(known, taken.size());
    if (rest > 0 && taken.size() > before) acceptor.restIfDrained(rest);
  }
  void onTrouble(int error, int refused, bool paused) override { troubles.push_back({error, refused, paused}); }

  int refused() const {
    int count = 0;
    for (const Trouble& trouble : troubles) count += trouble.refused;
    return count;
  }

  bool ready = true;
  Nanoseconds rest = 0;  // after each round that takes somebody
  size_t known = 0;      // taken until the last round
  int rounds = 0;
  std::vector<UniqueFd> taken;
  std::vector<InetAddress> peers;
  std::vector<Trouble> troubles;
  Acceptor acceptor;
};

}  // namespace cotcp::test
