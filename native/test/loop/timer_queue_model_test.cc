#include <algorithm>
#include <random>
#include <vector>

#include "fixture.h"

namespace {

using namespace cotcp;
using namespace cotcp::test;

// What the queue must do, told by a list: every timer with its time and its place in the order of arming.
class Model {
 public:
  explicit Model(unsigned seed) : random_(seed), loop_(makeLoop()) {}

  void run(int operations) {
    while (operations-- > 0) operate();
    while (!armed_.empty()) loop_->turn(1);
    CHECK_EQUAL(loop_->timers().size(), 0u);
    CHECK(fired_ > 0);
  }

 private:
  struct Armed {
    Nanoseconds when;
    int number;
    uint64_t turn;
    TimerId id;
  };

  void operate() {
    const auto dice = random_() % 100;
    if (dice < 45 && armed_.size() < 200) {
      arm();
    } else if (dice < 75) {
      cancelAny();
    } else if (dice < 76) {
      loop_->turn(1);
    } else {
      loop_->turn(0);
    }
    CHECK_EQUAL(loop_->timers().size(), armed_.size());
  }

  void arm() {
    const int number = next_++;
    const Nanoseconds when = monotonicNow() + static_cast<Nanoseconds>(random_() % 40) * 50 * kMicrosecond;
    armed_.push_back({when, number, loop_->iterations(), {}});
    armed_.back().id = loop_->timers().runAt(when, [this, number] { fire(number); });
    ids_.push_back(armed_.back().id);
  }

  void cancelAny() {
    if (ids_.empty()) return;
    const size_t chosen = ids_.size() - 1 - random_() % std::min<size_t>(ids_.size(), 300);
    const auto at = std::ranges::find(armed_, ids_[chosen], &Armed::id);
    const bool wasArmed = at != armed_.end();
    CHECK_EQUAL(loop_->timers().cancel(ids_[chosen]), wasArmed);
    if (wasArmed) armed_.erase(at);
  }

  void fire(int number) {
    const auto self = std::ranges::find(armed_, number, &Armed::number);
    REQUIRE(self != armed_.end());  // never after a cancel, never twice
    const Armed fired = *self;
    armed_.erase(self);
    ++fired_;
    CHECK(monotonicNow() >= fired.when);
    CHECK(fired.turn < loop_->iterations());  // not in the turn it was armed in
    for (const Armed& other : armed_) {
      const bool earlier = std::pair(other.when, other.number) < std::pair(fired.when, fired.number);
      CHECK(!(earlier && other.turn < loop_->iterations()));
    }
    for (auto operations = random_() % 3; operations > 0; --operations) random_() % 2 == 0 ? arm() : cancelAny();
  }

  std::mt19937 random_;
  std::unique_ptr<EventLoop> loop_;
  std::vector<Armed> armed_;
  std::vector<TimerId> ids_;
  int next_ = 0;
  int fired_ = 0;
};

TEST("random arming, cancelling and turning, also inside callbacks, does what a plain list does") {
  for (unsigned seed = 1; seed <= 10; ++seed) Model(seed).run(20'000);
}

}  // namespace
