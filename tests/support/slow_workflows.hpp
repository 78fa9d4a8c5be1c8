#pragma once

#include "support/postgres.hpp"

#include <chrono>
#include <map>
#include <string>

namespace tenon::testing {

/// Workflows of handlers that take their time and count their starts: the template folder to give
/// to a host, the plugin folder, and the journal in which every start leaves a line.
///
/// The templates, all in namespace `slow`: `single`, one step; `chain`, four in a row; `fan`, a
/// root, `leaves` leaves and their join; `patient`, a step that stops when asked to and one after
/// it; `strict`, one that stops when asked to, and `stubborn`, one that never does, both with one
/// attempt of one second; `flaky`, a step whose first attempt fails, and one after it; `waiting`,
/// a step that always fails and is tried again in ten minutes, and one after it; `limited`, the
/// same with a limit of one minute, after which it ends in error; `gated`, a step
/// that fails for good unless the file `gate` of the context exists, and one after it; `prompt`,
/// one step whose first attempt fails, with a backoff of 50 ms; `fragile`, one step with one
/// attempt; `foreign`, one that no host can run; `count`, one that adds numbers and yields (see
/// CountHandler); `beating`, one that beats, with one attempt and a limit of one second between two
/// beats.
class SlowWorkflows {
public:
    static constexpr int leaves = 16;

    SlowWorkflows();

    /// For HostProcess::Options.
    static std::string plugins();

    const std::string& templates() const noexcept { return directory_.path(); }

    /// Submits `count` tasks of `name`, each step of which takes `time`, in one transaction.
    void submit(SqlSession& sql, const std::string& name, int count, std::chrono::milliseconds time)
        const;

    /// The context of a task each step of which takes `time`.
    std::string context(std::chrono::milliseconds time, const std::string& gate = {}) const;

    /// How often each attempt of each step was begun, by "step attempt".
    std::map<std::string, int> starts() const;

    /// How many handlers began.
    int start_count() const;

    /// When each attempt noticed that it should stop, by "step attempt".
    std::map<std::string, std::chrono::system_clock::time_point> stops() const;

    /// The file in which the handlers leave their lines.
    std::string journal() const { return directory_.path() + "/journal"; }

private:
    TemporaryDirectory directory_;
};

}  // namespace tenon::testing
