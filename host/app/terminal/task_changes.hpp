#pragma once

#include "app/terminal/task_view.hpp"

#include <string>
#include <vector>

namespace tenon::app {

/// Something that happened to a task between two looks at it. It points into the later look.
struct TaskChange {
    const StepView* step = nullptr;  ///< Null: the task's own status changed.
};

/// What changed from `before` (null: nothing was known, and what is pending is no news) to `after`:
/// first the steps in their order, then the task.
std::vector<TaskChange> changes_between(const TaskView* before, const TaskView& after);

/// One change on one line: when, counted from the task's creation, what, and how it stands.
std::string change_line(const TaskView& task, const TaskChange& change, Timestamp now);

/// One change as a JSON object on one line, with "event": "step" or "task".
std::string change_json(const TaskView& task, const TaskChange& change);

/// The last line of a task that settled: "event": "end", and its document as "task".
std::string end_json(const TaskView& task);

}  // namespace tenon::app
