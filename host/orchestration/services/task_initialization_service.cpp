#include "orchestration/services/task_initialization_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<TaskId> TaskInitializationService::initialize(TaskRequest request) {
    const auto submit = [&tasks = tasks_, request = std::move(request)] {
        return tasks.submit(request);
    };
    co_return co_await pool_.run(submit);
}

}  // namespace tenon::orchestration
