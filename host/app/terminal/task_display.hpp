#pragma once

#include "app/terminal/task_view.hpp"
#include "app/terminal/terminal.hpp"

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace tenon::app {

/// Shows a task while it goes on.
class TaskDisplay {
public:
    TaskDisplay() = default;
    virtual ~TaskDisplay() = default;
    TaskDisplay(const TaskDisplay&) = delete;
    TaskDisplay& operator=(const TaskDisplay&) = delete;

    /// A new look at the task.
    virtual void show(const TaskView& task) = 0;

    /// The host gives no answer for now: `sentence` says why.
    virtual void trouble(const std::string& sentence) = 0;

    /// Time passed. Called about ten times a second.
    virtual void tick() = 0;

    /// The task settled; nothing comes after it.
    virtual void end(const TaskView& task) = 0;
};

/// Where a display draws, and how it learns of the terminal's size.
struct DisplayTarget {
    std::ostream& out;
    std::ostream& err;  ///< For what is no part of the task.
    std::function<TerminalTraits()> traits;
};

/// A picture drawn over again in place.
std::unique_ptr<TaskDisplay> make_live_display(DisplayTarget target);

/// A line for each change.
std::unique_ptr<TaskDisplay> make_line_display(DisplayTarget target);

/// A JSON object for each change, and one with the whole document at the end.
std::unique_ptr<TaskDisplay> make_json_display(DisplayTarget target);

/// Nothing until the end, and then the document.
std::unique_ptr<TaskDisplay> make_document_display(DisplayTarget target);

}  // namespace tenon::app
