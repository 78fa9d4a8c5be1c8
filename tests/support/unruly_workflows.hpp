#pragma once

#include "support/postgres.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// One call of a handler, as the handler itself saw it.
struct CallSpan {
    using Time = std::chrono::system_clock::time_point;

    std::string handler;  ///< "span", "rare", …
    std::string step;     ///< Its UUID.
    Time begin;
    Time end;  ///< `begin` while it runs.
    bool ended = false;
    int attempt = 0;
};

/// Workflows of handlers that misbehave, and of some that tell when they ran: the template folder
/// to give to a host, and the journal of their calls.
///
/// The templates, all in namespace `unruly`: `span`, one step that takes its time; `rare`, the
/// same, two at a time by its author's word; `wide`, a step at once followed by `leaves` that take
/// their time; `deaf`, a step with two attempts of one second each, the first of which ends when
/// the file `gate` exists and not before, and `eternal`, the same with ten minutes each;
/// `obedient`, one that waits for `gate` or to be asked to stop, with one attempt; `stuck`, one
/// that yields for ever at one checkpoint, and `tireless`, one that beats for ever, with at most
/// one second in all; both with one attempt.
class UnrulyWorkflows {
public:
    static constexpr int leaves = 50;

    UnrulyWorkflows();

    /// For HostProcess::Options.
    static std::string plugins();

    const std::string& templates() const noexcept { return directory_.path(); }

    /// Submits `count` tasks of `name`, each of whose steps takes `time`. Returns one task.
    std::string submit(
        SqlSession& sql,
        const std::string& name,
        int count = 1,
        std::chrono::milliseconds time = {}
    ) const;

    /// Lets the handlers go on that wait for the gate.
    void open_gate() const;

    /// All calls of a handler so far, in the order in which they began.
    std::vector<CallSpan> calls(std::string_view handler) const;

private:
    TemporaryDirectory directory_;
};

/// How many of these calls ran at once at most, over those that ended.
int most_at_once(const std::vector<CallSpan>& calls);

/// The longest time between the end of a call and the begin of the one that took its slot.
std::chrono::microseconds longest_gap(const std::vector<CallSpan>& calls, std::size_t slots);

}  // namespace tenon::testing
