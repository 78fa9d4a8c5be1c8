#include "orchestration/services/maintenance_service.hpp"

namespace tenon::orchestration {

asio::awaitable<std::string> MaintenanceService::maintain() {
    const auto work = [this] { return needs_.repository.maintain(options_.keep, options_.period); };
    co_return co_await needs_.pool.run(work);
}

asio::awaitable<std::int64_t> MaintenanceService::archive() {
    database::OrchestrationRepository::Archived batch;
    std::int64_t moved = 0;
    do {
        const auto work = [this, after = batch.last] {
            return needs_.repository.archive_tasks(after, options_.settled_for);
        };
        batch = co_await needs_.pool.run(work);
        moved += batch.moved;
    } while (batch.last);
    co_return moved;
}

}  // namespace tenon::orchestration
