#include "orchestration/services/task_cancellation_service.hpp"

#include "foundation/fault_point.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<Cancellation> TaskCancellationService::cancel(
    TaskId task,
    Intervention intervention
) {
    const auto work = [&repairs = repairs_, task, intervention = std::move(intervention)] {
        fault_point("cancellation.begun");
        auto cancellation = repairs.cancel(task, intervention);
        fault_point("cancellation.committed");
        return cancellation;
    };
    co_return co_await pool_.run(work);
}

}  // namespace tenon::orchestration
