#pragma once

#include "domain/event/domain_event.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::worker {

/// What steps of this worker published, once it is committed. Nothing that goes wrong here can
/// reach a step: it has settled. [any-thread]
class DomainEventService {
public:
    /// Gives events to the subscribers of the process and returns how many found one; must not
    /// block.
    using Publish = std::function<std::size_t(std::vector<DomainEvent>)>;

    struct Statistics {
        std::uint64_t dispatched = 0;  ///< Events of mode fast or broadcast.
        std::uint64_t found = 0;       ///< Of those, how many found a subscriber.
        std::uint64_t failed = 0;      ///< Of those, how many could not be handed on.
        std::uint64_t rejected = 0;    ///< Events that could not be published.
    };

    /// Without `publish` there are no subscribers.
    explicit DomainEventService(Publish publish) : publish_(std::move(publish)) {}

    /// Returns how many found a subscriber.
    std::size_t dispatch(std::vector<DomainEvent> events) noexcept;

    /// A sentence for each event that could not be published, for the log.
    void report(const std::vector<std::string>& rejected);

    Statistics statistics() const noexcept;

private:
    const Publish publish_;
    std::atomic<std::uint64_t> dispatched_{0};
    std::atomic<std::uint64_t> found_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace tenon::worker
