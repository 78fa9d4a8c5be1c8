#include "orchestration/web/path_parameters.hpp"

#include "foundation/error.hpp"

#include <utility>

namespace tenon::orchestration {

namespace {

template <class Id>
Id uuid_parameter(const HttpRequest& request, std::string_view of_what) {
    const std::string text(request.parameter("uuid"));
    const auto id = Id::from_text(text);
    if (!id) {
        throw Exception(
            {ErrorCode::invalid_input, "'" + text + "' is not the UUID of " + std::string(of_what)}
        );
    }
    return *id;
}

}  // namespace

TaskId task_parameter(const HttpRequest& request) {
    return uuid_parameter<TaskId>(request, "a task");
}

StepReference step_parameter(const HttpRequest& request) {
    return {.task = task_parameter(request), .step = std::string(request.parameter("step"))};
}

DeadLetterId entry_parameter(const HttpRequest& request) {
    return uuid_parameter<DeadLetterId>(request, "a dead letter");
}

void no_such_step(const StepReference& reference) {
    throw Exception(
        {ErrorCode::not_found,
         "task " + reference.task.to_string() + " has no step '" + reference.step +
             "', or there is no such task"}
    );
}

}  // namespace tenon::orchestration
