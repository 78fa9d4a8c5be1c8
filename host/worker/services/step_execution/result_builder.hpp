#pragma once

#include "domain/step/step_outcome.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::worker {

/// Builds what is settled from one attempt at a step. It begins as the step given back unstarted,
/// so that whatever stops the attempt before its handler leaves a true account. One thread at a
/// time.
class ResultBuilder {
public:
    explicit ResultBuilder(const ClaimedStep& step);

    /// The handler ended with this.
    void ended(SettledOutcome outcome, std::chrono::microseconds execution_time);

    /// The handler belongs to this build.
    void ran_on(std::int32_t generation) { settled_.generation = generation; }

    /// What the handler wants said, a JSON array of {name, payload}, or nothing.
    void published(std::string events_json) { settled_.events_json = std::move(events_json); }

    /// The host failed, not the handler: the template decides whether it is tried again.
    void host_failed(std::string_view what);

    SettledStep build() &&;

private:
    SettledStep settled_;
};

}  // namespace tenon::worker
