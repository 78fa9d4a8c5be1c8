#include "orchestration/services/task_query_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<std::optional<std::string>> TaskQueryService::find(TaskId task) {
    const auto read = [&tasks = tasks_, task] { return tasks.document(task); };
    co_return co_await pool_.run(read);
}

asio::awaitable<std::optional<std::string>> TaskQueryService::steps(TaskId task) {
    const auto read = [&tasks = tasks_, task] { return tasks.step_documents(task); };
    co_return co_await pool_.run(read);
}

asio::awaitable<std::optional<std::string>> TaskQueryService::step(StepReference step) {
    const auto read = [&tasks = tasks_, step = std::move(step)] {
        return tasks.step_document(step.task, step.step);
    };
    co_return co_await pool_.run(read);
}

asio::awaitable<std::optional<std::string>> TaskQueryService::audit(StepReference step) {
    const auto read = [&tasks = tasks_, step = std::move(step)]() -> std::optional<std::string> {
        const auto found = tasks.step_named(step.task, step.step);
        return found ? std::optional(tasks.step_audit(*found)) : std::nullopt;
    };
    co_return co_await pool_.run(read);
}

}  // namespace tenon::orchestration
