#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/step/step_progress.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::database {

/// The steps beside the hot path: what handlers look up, and what falls due. Its calls block.
/// [any-thread]
class StepRepository {
public:
    /// Steps whose time had come, and when the next one's comes.
    struct Released {
        std::int32_t count = 0;
        std::vector<std::string> namespaces;  ///< To ring for.
        std::optional<std::chrono::milliseconds> next_in;
    };

    explicit StepRepository(ConnectionPool& pool) : pool_(pool) {}

    /// The result of the ancestor called `name` as raw JSON; nullopt when there is no such
    /// ancestor.
    std::optional<std::string> ancestor_result(TaskId task, StepNo step_no, std::string_view name);

    /// Stores where the attempt would be taken up; durable on return. False when the attempt is no
    /// longer the host's. May be repeated.
    bool save_checkpoint(HostId host, const StepAttempt& step, std::string_view json);

    /// Stores how far running handlers are. What is no longer the host's is left out.
    void report_progress(HostId host, const std::vector<StepProgress>& progress);

    /// Those of `tasks` that were cancelled or ended: their running handlers should stop.
    std::vector<TaskId> ended_tasks(const std::vector<TaskId>& tasks);

    Released release_due(std::int32_t limit);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
