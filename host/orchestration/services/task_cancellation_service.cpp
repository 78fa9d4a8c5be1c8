#include "orchestration/services/task_cancellation_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<Cancellation> TaskCancellationService::cancel(
    TaskId task,
    Intervention intervention
) {
    const auto work = [&repairs = repairs_, task, intervention = std::move(intervention)] {
        return repairs.cancel(task, intervention);
    };
    co_return co_await pool_.run(work);
}

}  // namespace tenon::orchestration
