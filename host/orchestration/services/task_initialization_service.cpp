#include "orchestration/services/task_initialization_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<TaskReceipt> TaskInitializationService::initialize(TaskRequest request) {
    const auto submit = [this, request = std::move(request)] {
        const auto receipt = tasks_.submit(request);
        if (receipt.created) {
            on_submitted_(request.namespace_name);
        }
        return receipt;
    };
    co_return co_await pool_.run(submit);
}

}  // namespace tenon::orchestration
