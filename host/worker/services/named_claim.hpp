#pragma once

#include "database/step_gateway.hpp"

#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace tenon::worker {

/// Steps that somebody wants claimed by name, on their way through a lane of the step pump.
struct NamedClaim {
    /// A step that is this host's now, and runs or is about to.
    struct Claimed {
        StepId step;
        TemplateId template_id{};
    };

    struct Answer {
        std::vector<Claimed> claimed;
        std::vector<database::UnclaimedStep> unclaimed;
    };

    NamedClaim(std::vector<database::NamedStep> named, std::string queue_of_messages)
        : steps(std::move(named)), queue(std::move(queue_of_messages)) {}

    std::int32_t size() const noexcept { return static_cast<std::int32_t>(steps.size()); }

    const std::vector<database::NamedStep> steps;
    const std::string queue;      ///< Of their messages; empty: there are none.
    std::promise<Answer> answer;  ///< Given by the lane, once.
};

}  // namespace tenon::worker
