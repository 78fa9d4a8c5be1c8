#pragma once

#include "database/repositories/operations/overview_repository.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// List tasks, the newest first.
struct ListTasks {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "ListTasks";

    database::OverviewRepository::TaskFilter filter;
};

/// Report a task in short.
struct GetTaskSummary {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown task.
    static constexpr std::string_view name = "GetTaskSummary";

    TaskId task;
};

/// List the processes that share this database.
struct ListHosts {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "ListHosts";

    std::string state;  ///< Empty: all.
};

/// Report how many tasks came lately, how they ended, and how long they took.
struct GetPerformance {
    using Reply = std::string;  ///< A JSON document.
    static constexpr std::string_view name = "GetPerformance";

    std::int32_t hours = 24;
};

/// List the steps that took the most time lately.
struct ListBottlenecks {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "ListBottlenecks";

    database::OverviewRepository::StepRanking ranking;
};

}  // namespace tenon::orchestration
