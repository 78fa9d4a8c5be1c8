#pragma once

#include "app/terminal/terminal.hpp"

#include <functional>
#include <istream>
#include <ostream>
#include <stdexcept>
#include <string>

namespace tenon::app {

/// How a task command ended, as the shell sees it.
enum class ExitCode : int {
    ok = 0,
    task_failed = 1,     ///< The task ended in error, cancelled or blocked.
    usage = 2,           ///< The command line asks for something impossible.
    unreachable = 3,     ///< No host answers.
    refused = 4,         ///< The host refused the request (4xx).
    host_error = 5,      ///< The host failed to answer it (5xx).
    step_retryable = 6,  ///< `step run`: it failed, and another attempt may help.
    step_yielded = 7,    ///< `step run`: it saved a checkpoint and wants to be called again.
    step_stopped = 8,    ///< `step run`: it was cancelled, or killed at the limit.
    step_crashed = 9,    ///< `step run`: it ended its process.
    interrupted = 130    ///< The user stopped the command; the task goes on.
};

/// The streams that a task command talks through.
struct TaskConsole {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    std::function<TerminalTraits()> traits;  ///< Of `out`.
};

/// A command that cannot go on: what it ends with, and one sentence for people.
class CommandFailure : public std::runtime_error {
public:
    CommandFailure(ExitCode exit_code, const std::string& sentence)
        : std::runtime_error(sentence), exit_code_(exit_code) {}

    ExitCode exit_code() const noexcept { return exit_code_; }

private:
    ExitCode exit_code_;
};

/// Runs `command`; a failure of it becomes its sentence on `console.err` and its exit code.
ExitCode report_failure(const TaskConsole& console, const std::function<ExitCode()>& command);

}  // namespace tenon::app
