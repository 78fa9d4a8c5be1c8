#pragma once

#include "app/commands/task_console.hpp"
#include "database/repositories/operations/maintenance_repository.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tenon::app {

/// Reads "30d", "12h", "90m" or "45s". Throws CommandFailure (`usage`) for anything else.
std::chrono::seconds parse_span(const std::string& text);

/// How long what stays where.
struct MaintenanceSpans {
    std::chrono::seconds keep{};           ///< History, after the end of its period.
    std::chrono::seconds archive_after{};  ///< Ended tasks in the tables of the step path.
};

/// Moves ended tasks to history, makes and drops periods, and prints what was done: sentences, or
/// one JSON object `{archived, made, dropped, open, busy}`.
void maintain_database(
    database::MaintenanceRepository& database,
    const MaintenanceSpans& spans,
    bool json
);

/// The sizes for people, as the lines of a table, and their sum.
std::vector<std::string> size_lines(
    const std::vector<database::MaintenanceRepository::Size>& sizes,
    std::size_t columns
);

/// The sizes as a JSON array on one line.
std::string size_json(const std::vector<database::MaintenanceRepository::Size>& sizes);

}  // namespace tenon::app
