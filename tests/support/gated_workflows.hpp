#pragma once

#include "support/host_process.hpp"
#include "support/postgres.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tenon::testing {

/// Workflows with a step that fails until a test lets it succeed: the template folder to give to a
/// host, and the plugin folder.
///
/// The templates, all in namespace `gates`:
/// - `gated`: start (6), then left (a gate) and right (start + 10), then join (left + right). A
/// shut
///   gate is final.
/// - `flaky`: the same, but a shut gate may pass: two attempts, 10 ms apart.
/// - `twins`: two gates, `left` and `right`, and their join.
/// - `strict`, `keyed`: one step that gives 1, with these identity strategies.
class GatedWorkflows {
public:
    GatedWorkflows();

    /// For HostProcess::Options.
    static std::string plugins();

    const std::string& templates() const noexcept { return directory_.path(); }

    /// The context of tasks of these templates.
    std::string context() const;

    /// Lets the gate `step` succeed: it adds `number` to what it is given.
    void open(const std::string& step, std::int64_t number) const;

    /// Submits a task as any SQL client would; returns its UUID.
    std::string submit(SqlSession& sql, const std::string& name) const;

private:
    TemporaryDirectory directory_;
};

/// The states of a task's steps, by name.
std::map<std::string, std::string> step_states(SqlSession& sql, const std::string& task_uuid);

/// Waits until the task is in that state.
bool await_state(SqlSession& sql, const std::string& task_uuid, const std::string& state);

}  // namespace tenon::testing
