#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <string>

namespace tenon::app {

/// What an operator asks about dead letters.
struct DeadLetterOptions {
    std::string url{};
    std::string uuid{};              ///< Of the entry or of the task, as the command says.
    std::string status = "pending";  ///< A resolution status, or "all" for a list.
    std::int32_t limit = 50;
    std::string cursor{};
    std::string notes{};
    std::string by{};
    bool json = false;
};

ExitCode list_dead_letters(const DeadLetterOptions& options, const TaskConsole& console);
ExitCode show_dead_letter(const DeadLetterOptions& options, const TaskConsole& console);
ExitCode add_dead_letter(const DeadLetterOptions& options, const TaskConsole& console);
ExitCode update_dead_letter(const DeadLetterOptions& options, const TaskConsole& console);
ExitCode redrive_task(const DeadLetterOptions& options, const TaskConsole& console);
ExitCode count_dead_letters(const DeadLetterOptions& options, const TaskConsole& console);

}  // namespace tenon::app
