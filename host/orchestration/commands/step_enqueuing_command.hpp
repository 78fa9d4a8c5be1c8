#pragma once

#include "orchestration/services/step_enqueuing_service.hpp"

#include <cstddef>
#include <string_view>

namespace tenon::orchestration {

/// Put steps on their queues whose time has come.
struct EnqueueSteps {
    using Reply = EnqueuedSteps;
    static constexpr std::string_view name = "EnqueueSteps";
};

/// Put steps on their queues that lost their message or their timer: a full scan, seldom.
struct ResumeStaleSteps {
    using Reply = std::size_t;  ///< How many namespaces had such steps.
    static constexpr std::string_view name = "ResumeStaleSteps";
};

}  // namespace tenon::orchestration
