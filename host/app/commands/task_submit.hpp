#pragma once

#include "app/commands/task_console.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::app {

/// What `tenon task submit` was asked for.
struct TaskSubmitOptions {
    std::string url{};
    std::string target;        ///< NAMESPACE/NAME or NAMESPACE/NAME@VERSION.
    std::string input = "{}";  ///< A JSON object, "@FILE", or "-" for the standard input.
    std::int32_t priority = 0;
    std::vector<std::string> tags{};
    std::string reason{};
    std::string initiator{};
    std::string idempotency_key{};  ///< Empty: none.
    bool wait = false;
    bool json = false;
};

/// The text that `input` stands for: itself, or all of "@FILE", or all of `in` for "-". Throws
/// CommandFailure (`usage`).
std::string read_input(const std::string& input, std::istream& in);

/// The body of `POST /v1/tasks`; reads the input from where it is. Throws CommandFailure (`usage`).
std::string submission_body(const TaskSubmitOptions& options, std::istream& in);

/// Submits a task; with `wait` also shows it until it settled, as `watch_task` does.
ExitCode submit_task(const TaskSubmitOptions& options, const TaskConsole& console);

}  // namespace tenon::app
