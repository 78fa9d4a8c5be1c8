#include "orchestration/services/maintenance_service.hpp"

namespace tenon::orchestration {

asio::awaitable<std::string> MaintenanceService::maintain() {
    const auto work = [this] { return needs_.repository.maintain(options_.keep, options_.period); };
    co_return co_await needs_.pool.run(work);
}

}  // namespace tenon::orchestration
