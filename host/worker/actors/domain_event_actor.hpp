#pragma once

#include "worker/commands/domain_event_command.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace tenon::worker {

/// Owns what steps publish, once it is committed. [any-thread]
class DomainEventActor {
public:
    /// Gives events to subscribers and returns how many found one. Must neither block nor throw.
    using Dispatch = std::function<std::size_t(const std::vector<std::string>&)>;

    /// Without `dispatch` there are no subscribers.
    explicit DomainEventActor(Dispatch dispatch) : dispatch_(std::move(dispatch)) {}

    static std::string_view name() noexcept { return "DomainEventActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    std::size_t handle(DispatchEvents command) { return dispatch_ ? dispatch_(command.events) : 0; }

private:
    const Dispatch dispatch_;
};

}  // namespace tenon::worker
