#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::worker {

/// What came of the wish to run one step here.
enum class StepStart : std::uint8_t {
    started,            ///< It is this host's, and its handler runs or is about to.
    left_to_others,     ///< This host cannot run its template: it went back, its attempt uncounted.
    not_waiting,        ///< It does not wait for a worker: somebody else has it, or it is settled.
    unknown,            ///< There is no such step.
    other_correlation,  ///< Its task's correlation id is another one.
    no_room,            ///< No handler slot was left for it.
};

std::string_view to_string(StepStart start) noexcept;

/// The answer to one wish.
struct StartedStep {
    StepId step;
    StepStart start = StepStart::started;
    std::string state;  ///< The step's own, where it does not wait.
};

}  // namespace tenon::worker
