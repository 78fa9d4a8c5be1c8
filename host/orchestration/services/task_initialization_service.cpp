#include "orchestration/services/task_initialization_service.hpp"

#include <set>
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

asio::awaitable<std::vector<TaskReceipt>> TaskInitializationService::initialize(
    std::vector<TaskRequest> requests
) {
    const auto submit = [this, requests = std::move(requests)] {
        const auto receipts = tasks_.submit_all(requests);
        std::set<std::string> fed;
        for (std::size_t i = 0; i < receipts.size(); ++i) {
            if (receipts[i].created && fed.insert(requests[i].namespace_name).second) {
                on_submitted_(requests[i].namespace_name);
            }
        }
        return receipts;
    };
    co_return co_await pool_.run(submit);
}

}  // namespace tenon::orchestration
