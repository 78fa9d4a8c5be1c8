#include "app/commands/operations/task_advice.hpp"

#include <algorithm>

namespace tenon::app {

std::vector<std::string> advice_for(const TaskView& task) {
    const bool blocked = task.status == "blocked_by_failures";
    if (!blocked && task.status != "error") {
        return {};
    }
    const auto failed = [](const StepView& step) { return step.state == "error"; };
    const auto count = std::ranges::count_if(task.steps, failed);
    if (count == 0) {
        return {};
    }
    const auto first = std::ranges::find_if(task.steps, failed);
    const auto why =
        count == 1 ? "step '" + first->name + "' failed for good"
                   : std::to_string(count) + " steps failed for good, '" + first->name + "' first";
    const auto state = std::string(blocked ? "blocked: " : "ended in error: ");
    const auto command = blocked && count == 1
                             ? "tenon task reset-step " + task.task_uuid + " " + first->name
                             : "tenon dlq redrive " + task.task_uuid;
    return {state + why + "; once the cause is gone:", command + " --reason WHY"};
}

}  // namespace tenon::app
