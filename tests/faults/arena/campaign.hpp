#pragma once

#include "arena/arena.hpp"
#include "arena/trial.hpp"

#include <cstddef>
#include <deque>
#include <future>
#include <string>
#include <vector>

namespace tenon::testing {

/// Trials that run while a test kills, and the sum of what must be true in the end. One thread.
class Campaign {
public:
    /// `most_trials`: that run at once.
    Campaign(Arena& arena, Trial::Door door, std::size_t most_trials)
        : arena_(arena), door_(door), most_trials_(most_trials) {}

    /// Waits until there is room for another trial. Not while somebody is held at a point: the
    /// trials need him.
    void make_room();

    /// Starts a trial on a thread of its own.
    void begin_trial(const std::string& tag);

    void end_all_trials();

    /// Tasks that the test itself submitted.
    void add_tasks(int count) { tasks_ += count; }

    /// True when enough went wrong to stop.
    bool hopeless() const noexcept;

    /// Every task that was acknowledged exists once and ended as it must, with the right values;
    /// the audit finds nothing; nothing is left on a queue, in a timer or in a host's hands.
    void expect_everything_right();

    /// Such as "1300 tasks, 17 steps tried more than twice".
    std::string summary();

private:
    void end_first_trial();
    std::string leftovers();

    Arena& arena_;
    const Trial::Door door_;
    const std::size_t most_trials_;
    std::deque<std::future<std::vector<std::string>>> trials_;
    std::size_t problems_ = 0;
    int tasks_ = 0;
};

}  // namespace tenon::testing
