#pragma once

#include <string>
#include <string_view>

namespace tenon::messaging {

/// Queues of the orchestration role: what it is asked to begin, what came of steps, and tasks that
/// may have ended.
inline constexpr std::string_view task_requests_queue = "orchestration_task_requests";
inline constexpr std::string_view step_results_queue = "orchestration_step_results";
inline constexpr std::string_view finalizations_queue = "orchestration_task_finalizations";

/// Steps of a namespace that wait for a worker.
inline std::string namespace_queue(std::string_view namespace_name) {
    return std::string(namespace_name) + "_queue";
}

}  // namespace tenon::messaging
