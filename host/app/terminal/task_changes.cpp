#include "app/terminal/task_changes.hpp"

#include "app/terminal/display_text.hpp"
#include "app/terminal/task_picture.hpp"
#include "app/terminal/time_text.hpp"
#include "foundation/json_text.hpp"

#include <algorithm>

namespace tenon::app {

namespace {

constexpr std::size_t time_columns = 9;
constexpr std::size_t value_columns_max = 60;

bool is_news(const TaskView* before, const StepView& step) {
    if (before == nullptr) {
        return step.state != "pending";
    }
    const auto former = std::ranges::find(before->steps, step.step_no, &StepView::step_no);
    return former == before->steps.end() || former->state != step.state ||
           former->attempts != step.attempts;
}

std::size_t widest_name(const TaskView& task) {
    std::size_t widest = display_width("task");
    for (const auto& step : task.steps) {
        widest = std::max(widest, display_width(step.name));
    }
    return widest;
}

std::string how_it_stands(const StepView& step, Timestamp now) {
    std::string text = step.state;
    if (step.attempts > 1) {
        text += "  attempt " + std::to_string(step.attempts) + " of " +
                std::to_string(step.max_attempts);
    }
    const auto duration = running_time(step, now);
    if (duration && step.state != "in_progress") {
        text += "  " + duration_text(*duration);
    }
    if (step.error) {
        text += "  " + step.error->error_code + (step.error->error_code.empty() ? "" : ": ") +
                step.error->message;
    } else if (!step.result_json.empty()) {
        text += "  " + shorten(printable(step.result_json), value_columns_max, "...");
    }
    return text;
}

std::string how_it_stands(const TaskView& task) {
    return task.status + "  " + std::to_string(count_steps(task, "complete")) + " of " +
           std::to_string(task.steps.size()) + " steps complete";
}

}  // namespace

std::vector<TaskChange> changes_between(const TaskView* before, const TaskView& after) {
    std::vector<TaskChange> changes;
    for (const auto& step : after.steps) {
        if (is_news(before, step)) {
            changes.push_back({.step = &step});
        }
    }
    if (before == nullptr || before->status != after.status) {
        changes.push_back({.step = nullptr});
    }
    return changes;
}

std::string change_line(const TaskView& task, const TaskChange& change, Timestamp now) {
    const auto time = pad_left(duration_text(elapsed_time(task, now)), time_columns);
    const auto name = change.step == nullptr ? std::string("task") : change.step->name;
    return time + "  " + pad_right(name, widest_name(task)) + "  " +
           (change.step == nullptr ? how_it_stands(task) : how_it_stands(*change.step, now));
}

std::string change_json(const TaskView& task, const TaskChange& change) {
    const auto uuid = R"("task_uuid":)" + json_quote(task.task_uuid);
    if (change.step == nullptr) {
        return R"({"event":"task",)" + uuid + R"(,"status":)" + json_quote(task.status) + "}";
    }
    const auto& step = *change.step;
    auto json = R"({"event":"step",)" + uuid + R"(,"step_no":)" + std::to_string(step.step_no) +
                R"(,"name":)" + json_quote(step.name) + R"(,"state":)" + json_quote(step.state) +
                R"(,"attempts":)" + std::to_string(step.attempts);
    if (!step.result_json.empty()) {
        json += R"(,"result":)" + step.result_json;
    }
    if (!step.error_json.empty()) {
        json += R"(,"error":)" + step.error_json;
    }
    return json + "}";
}

std::string end_json(const TaskView& task) {
    return R"({"event":"end","task_uuid":)" + json_quote(task.task_uuid) + R"(,"status":)" +
           json_quote(task.status) + R"(,"task":)" + task.document_json + "}";
}

}  // namespace tenon::app
