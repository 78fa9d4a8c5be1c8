#pragma once

#include "app/terminal/task_view.hpp"
#include "app/terminal/time_text.hpp"

#include <string>
#include <vector>

namespace tenon::app::testing {

inline Timestamp at(std::string_view time) {
    return parse_timestamp("2026-01-31T12:00:" + std::string(time) + "Z").value();
}

inline StepView step(std::int64_t number, std::string name, std::int64_t level, std::string state) {
    StepView step;
    step.step_no = number;
    step.name = std::move(name);
    step.level = level;
    step.state = std::move(state);
    step.max_attempts = 3;
    return step;
}

inline StepView complete(
    std::int64_t number,
    std::string name,
    std::int64_t level,
    std::string result
) {
    auto done = step(number, std::move(name), level, "complete");
    done.attempts = 1;
    done.result_json = std::move(result);
    done.execution_time = std::chrono::microseconds(1234 * number);
    return done;
}

/// A tree of which the root is complete, one branch runs, the other failed once and waits.
inline TaskView tree_under_way() {
    TaskView task;
    task.task_uuid = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
    task.namespace_name = "tree_workflow";
    task.name = "hierarchical_tree";
    task.version = "1.0.0";
    task.status = "steps_in_process";
    task.created_at = at("00.000000");
    task.steps.push_back(complete(1, "tree_root", 0, "36"));
    auto running = step(2, "tree_branch_left", 1, "in_progress");
    running.attempts = 1;
    running.started_at = at("00.500000");
    task.steps.push_back(running);
    auto waiting = step(3, "tree_branch_right", 1, "waiting_for_retry");
    waiting.attempts = 2;
    waiting.execution_time = std::chrono::milliseconds(42);
    waiting.error = StepErrorView{
        .message = "the price list is locked", .error_code = "LOCKED", .retryable = true
    };
    waiting.error_json = R"({"message":"the price list is locked"})";
    task.steps.push_back(waiting);
    auto last = step(4, "tree_end", 2, "pending");
    last.dependencies = {"tree_branch_left", "tree_branch_right"};
    task.steps.push_back(last);
    return task;
}

/// The same tree when it is complete; its result needs more room than a line has.
inline TaskView tree_complete() {
    auto task = tree_under_way();
    task.status = "complete";
    task.completed_at = at("02.340000");
    task.priority = 5;
    task.tags = {"demo", "night"};
    task.steps[1] = complete(2, "tree_branch_left", 1, "1296");
    task.steps[2] = complete(3, "tree_branch_right", 1, "{\"a\":[1,2]}");
    task.steps[3] =
        complete(4, "tree_end", 2, "\"63340286662973277706162286946811886609896461828096\"");
    task.steps[3].dependencies = {"tree_branch_left", "tree_branch_right"};
    return task;
}

}  // namespace tenon::app::testing
