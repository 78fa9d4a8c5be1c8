#include "app/terminal/task_view.hpp"

#include "app/terminal/display_text.hpp"
#include "app/terminal/time_text.hpp"
#include "foundation/json_slice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tenon::app {

namespace {

/// The members of one object, by name; what is absent or null reads as empty.
class Fields {
public:
    explicit Fields(const JsonSlice& object) : members_(object.members()) {}

    std::string text(std::string_view name) const {
        const auto* value = find(name);
        return value == nullptr ? std::string{} : printable(value->string().value_or(""));
    }

    std::int64_t number(std::string_view name) const {
        const auto* value = find(name);
        return value == nullptr ? 0 : value->integer().value_or(0);
    }

    std::string json(std::string_view name) const {
        const auto* value = find(name);
        return value == nullptr ? std::string{} : value->compact();
    }

    std::vector<std::string> texts(std::string_view name) const {
        std::vector<std::string> texts;
        if (const auto* value = find(name)) {
            for (const auto& element : value->elements()) {
                texts.push_back(printable(element.string().value_or("")));
            }
        }
        return texts;
    }

    std::optional<Timestamp> timestamp(std::string_view name) const {
        return parse_timestamp(text(name));
    }

    std::optional<double> real(std::string_view name) const {
        const auto digits = json(name);
        double value = 0;
        const auto* end = digits.data() + digits.size();
        const auto [stop, failure] = std::from_chars(digits.data(), end, value);
        if (failure != std::errc{} || stop != end || digits.empty()) {
            return std::nullopt;
        }
        return value;
    }

    std::optional<std::chrono::microseconds> milliseconds(std::string_view name) const {
        const auto ms = real(name);
        return ms ? std::optional(std::chrono::microseconds(std::llround(*ms * 1000)))
                  : std::nullopt;
    }

    const JsonSlice* find(std::string_view name) const {
        const auto found = std::ranges::find(members_, name, &JsonSlice::Member::first);
        const bool given = found != members_.end() && found->second.kind() != JsonKind::null;
        return given ? &found->second : nullptr;
    }

private:
    std::vector<JsonSlice::Member> members_;
};

StepErrorView read_error(const JsonSlice& json) {
    const Fields fields(json);
    StepErrorView error{.message = fields.text("message"), .error_code = fields.text("error_code")};
    if (error.error_code.empty()) {
        error.error_code = fields.text("error_type");
    }
    if (const auto* retryable = fields.find("retryable")) {
        error.retryable = retryable->boolean();
    }
    return error;
}

std::string read_progress(const JsonSlice& json) {
    const Fields fields(json);
    std::string text;
    if (const auto fraction = fields.real("fraction")) {
        text = std::to_string(std::lround(std::clamp(*fraction, 0.0, 1.0) * 100)) + " %";
    }
    const auto message = fields.text("message");
    return text.empty() || message.empty() ? text + message : text + " " + message;
}

StepView read_step(const JsonSlice& json) {
    const Fields fields(json);
    StepView step;
    step.step_no = fields.number("step_no");
    step.name = fields.text("name");
    step.state = fields.text("state");
    step.level = fields.number("level");
    step.dependencies = fields.texts("dependencies");
    step.attempts = fields.number("attempts");
    step.max_attempts = fields.number("max_attempts");
    step.result_json = fields.json("result");
    step.error_json = fields.json("error");
    if (const auto* error = fields.find("error")) {
        step.error = read_error(*error);
    }
    if (const auto* progress = fields.find("progress")) {
        step.progress = read_progress(*progress);
    }
    step.started_at = fields.timestamp("started_at");
    step.execution_time = fields.milliseconds("execution_ms");
    return step;
}

}  // namespace

Result<TaskView> parse_task_view(std::string_view document) {
    constexpr JsonLimits limits{.max_bytes = std::size_t{64} * 1024 * 1024, .max_depth = 256};
    const auto json = JsonSlice::parse(document, limits);
    if (!json) {
        return json.error();
    }
    const Fields fields(*json);
    TaskView task;
    task.task_uuid = fields.text("task_uuid");
    task.namespace_name = fields.text("namespace");
    task.name = fields.text("name");
    task.version = fields.text("version");
    task.status = fields.text("status");
    task.priority = fields.number("priority");
    task.tags = fields.texts("tags");
    task.created_at = fields.timestamp("created_at");
    task.completed_at = fields.timestamp("completed_at");
    if (const auto* steps = fields.find("steps")) {
        for (const auto& step : steps->elements()) {
            task.steps.push_back(read_step(step));
        }
    }
    if (task.task_uuid.empty() || task.status.empty()) {
        return Error{ErrorCode::invalid_input, "the document has no task_uuid or no status"};
    }
    std::ranges::sort(task.steps, {}, [](const StepView& step) {
        return std::pair(step.level, step.step_no);
    });
    task.document_json = json->compact();
    return task;
}

bool is_settled(const TaskView& task) noexcept {
    constexpr std::array<std::string_view, 5> settled{
        "complete", "error", "cancelled", "resolved_manually", "blocked_by_failures"
    };
    return std::ranges::find(settled, task.status) != settled.end();
}

bool is_success(const TaskView& task) noexcept {
    return task.status == "complete" || task.status == "resolved_manually";
}

}  // namespace tenon::app
