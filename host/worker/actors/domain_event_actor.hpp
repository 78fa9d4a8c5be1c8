#pragma once

#include "worker/commands/domain_event_command.hpp"
#include "worker/services/domain_event_service.hpp"

#include <string_view>
#include <utility>

namespace tenon::worker {

/// Owns what steps publish, once it is committed. [any-thread]
class DomainEventActor {
public:
    explicit DomainEventActor(DomainEventService& service) : service_(service) {}

    static std::string_view name() noexcept { return "DomainEventActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    std::size_t handle(DispatchEvents command) {
        service_.report(command.rejected);
        return service_.dispatch(std::move(command.events));
    }

private:
    DomainEventService& service_;
};

}  // namespace tenon::worker
