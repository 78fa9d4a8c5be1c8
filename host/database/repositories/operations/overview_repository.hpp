#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tenon::database {

/// Reads what people ask about all tasks, steps and hosts: JSON that PostgreSQL makes. [pool]
class OverviewRepository {
public:
    explicit OverviewRepository(ConnectionPool& pool) : pool_(pool) {}

    /// Which tasks; an empty text chooses all.
    struct TaskFilter {
        std::string namespace_name{};
        std::string name{};
        std::string status{};
        std::string initiator{};
        std::string source_system{};
        std::string tag{};
        std::string before{};  ///< Only tasks that are older than the one with this UUID.
        std::int32_t limit = 25;
    };

    /// Which steps count.
    struct StepRanking {
        std::int32_t hours = 24;
        std::int32_t limit = 10;
        std::int32_t min_executions = 5;
    };

    /// An array, the newest first, without contexts and steps.
    std::string tasks(const TaskFilter& filter);

    /// A task's document without context and steps; nothing for an unknown task.
    std::optional<std::string> task_summary(TaskId task);

    /// An array, the newest first. `state` is live, retired or lost, or empty for all.
    std::string hosts(const std::string& state);

    /// A document on the tasks that were submitted in the last hours.
    std::string performance(std::int32_t hours);

    /// An array of the steps that took the most time.
    std::string bottlenecks(const StepRanking& ranking);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
