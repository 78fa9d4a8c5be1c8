#pragma once

#include "domain/event/domain_event.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::worker {

/// Give the events of settled steps to the subscribers of this process. Answered at once.
struct DispatchEvents {
    using Reply = std::size_t;  ///< How many found a subscriber.
    static constexpr std::string_view name = "DispatchEvents";

    std::vector<DomainEvent> events;
    std::vector<std::string> rejected{};  ///< A sentence for each that could not be published.
};

}  // namespace tenon::worker
