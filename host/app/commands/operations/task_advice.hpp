#pragma once

#include "app/terminal/task_view.hpp"

#include <string>
#include <vector>

namespace tenon::app {

/// Why a task does not go on by itself, in one line, and in another the command that lets it go on;
/// nothing for a task that needs nobody.
std::vector<std::string> advice_for(const TaskView& task);

}  // namespace tenon::app
