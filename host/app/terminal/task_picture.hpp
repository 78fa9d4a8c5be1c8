#pragma once

#include "app/terminal/task_view.hpp"
#include "app/terminal/terminal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tenon::app {

/// How a task is to be drawn.
struct PictureOptions {
    TerminalTraits traits;
    Timestamp now;         ///< For what is not over yet.
    unsigned frame = 0;    ///< Turns the mark of running steps; 0 in a picture that stands still.
    std::size_t rows = 0;  ///< Lines it may have; 0: as many as it takes.
};

/// Draws a task: whose it is, one line a step in the order of levels, indented by level, with
/// state, attempts, duration and value; why steps failed; progress. No line is wider than the
/// terminal. A settled task ends with the results that found no room in their line.
std::vector<std::string> draw_task(const TaskView& task, const PictureOptions& options);

/// How long the step has been or was running; nothing when it never was.
std::optional<std::chrono::microseconds> running_time(const StepView& step, Timestamp now);

/// How long the task has been or was under way.
std::chrono::microseconds elapsed_time(const TaskView& task, Timestamp now);

/// Steps of that state.
std::size_t count_steps(const TaskView& task, std::string_view state);

}  // namespace tenon::app
