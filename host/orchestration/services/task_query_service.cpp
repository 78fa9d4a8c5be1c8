#include "orchestration/services/task_query_service.hpp"

namespace tenon::orchestration {

asio::awaitable<std::optional<std::string>> TaskQueryService::find(TaskId task) {
    const auto read = [&tasks = tasks_, task] { return tasks.document(task); };
    co_return co_await pool_.run(read);
}

}  // namespace tenon::orchestration
