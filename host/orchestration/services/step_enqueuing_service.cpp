#include "orchestration/services/step_enqueuing_service.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

namespace tenon::orchestration {
namespace {

constexpr std::int32_t batch = 500;

}  // namespace

asio::awaitable<EnqueuedSteps> StepEnqueuingService::release_due() {
    const auto work = [this] {
        fault_point("retry_timer.releasing");
        const auto released = steps_.release_due(batch);
        fault_point("retry_timer.released");
        if (!released.namespaces.empty()) {
            on_fed_(released.namespaces);
        }
        return EnqueuedSteps{.count = released.count, .next_in = released.next_in};
    };
    co_return co_await needs_.pool.run(work);
}

asio::awaitable<std::size_t> StepEnqueuingService::resume_stale() {
    const auto work = [this] {
        const auto namespaces = needs_.repository.resume_stale(needs_.host);
        if (!namespaces.empty()) {
            log::warning("enqueuer", "steps without message or timer are back on their queues");
            on_fed_(namespaces);
        }
        return namespaces.size();
    };
    co_return co_await needs_.pool.run(work);
}

}  // namespace tenon::orchestration
