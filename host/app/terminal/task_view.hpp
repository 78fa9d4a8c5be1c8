#pragma once

#include "foundation/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

using Timestamp = std::chrono::system_clock::time_point;

/// Why a step failed, as the host tells it.
struct StepErrorView {
    std::string message;
    std::string error_code;  ///< Or its type, where it has no code.
    std::optional<bool> retryable{};
};

/// One step of a task's document.
struct StepView {
    std::int64_t step_no = 0;
    std::string name;
    std::string state;
    std::int64_t level = 0;
    std::vector<std::string> dependencies;
    std::int64_t attempts = 0;
    std::int64_t max_attempts = 0;
    std::string result_json;  ///< On one line, every digit as the handler wrote it; empty: none.
    std::string error_json;   ///< On one line; empty: none.
    std::string progress;     ///< Of a running one, such as "40 % row 400 of 1000"; empty: none.
    std::optional<StepErrorView> error;
    std::optional<Timestamp> started_at;
    std::optional<std::chrono::microseconds> execution_time;
};

/// A task's document as the command line needs it. Names and messages are printable.
struct TaskView {
    std::string task_uuid;
    std::string namespace_name;
    std::string name;
    std::string version;
    std::string status;
    std::int64_t priority = 0;
    std::vector<std::string> tags;
    std::optional<Timestamp> created_at;
    std::optional<Timestamp> completed_at;
    std::vector<StepView> steps;  ///< By level, then number.
    std::string document_json;    ///< All of it on one line.
};

/// Reads the body of `GET /v1/tasks/{uuid}`. What a newer host adds is ignored.
Result<TaskView> parse_task_view(std::string_view document);

/// True when the task will not go on by itself.
bool is_settled(const TaskView& task) noexcept;

/// True when the task reached what it was submitted for.
bool is_success(const TaskView& task) noexcept;

}  // namespace tenon::app
