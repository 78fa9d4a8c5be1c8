#include "worker/services/domain_event_service.hpp"

#include "foundation/telemetry/log.hpp"

#include <exception>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "events";

}  // namespace

std::size_t DomainEventService::dispatch(std::vector<DomainEvent> events) noexcept {
    const auto count = events.size();
    dispatched_ += count;
    if (!publish_ || count == 0) {
        return 0;
    }
    try {
        const auto found = publish_(std::move(events));
        found_ += found;
        return found;
    } catch (const std::exception& error) {
        failed_ += count;
        log::warning(component, error.what());
    }
    return 0;
}

void DomainEventService::report(const std::vector<std::string>& rejected) {
    rejected_ += rejected.size();
    for (const auto& sentence : rejected) {
        log::warning(component, sentence);
    }
}

DomainEventService::Statistics DomainEventService::statistics() const noexcept {
    return {.dispatched = dispatched_, .found = found_, .failed = failed_, .rejected = rejected_};
}

}  // namespace tenon::worker
