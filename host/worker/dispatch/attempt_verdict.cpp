#include "worker/dispatch/attempt_verdict.hpp"

#include "plugin_host/call.hpp"

#include <optional>
#include <string>
#include <utility>

namespace tenon::worker {
namespace {

StepFailure no_progress(std::int32_t yields) {
    return {
        .message = "yielded " + std::to_string(yields) +
                   " times in a row at the same checkpoint: it makes no progress",
        .error_type = "HandlerContract",
        .error_code = "NO_PROGRESS",
        .context_json = {},
        .retryable = std::nullopt,
        .retry_after = std::nullopt
    };
}

/// Nothing for a handler that is to blame for its end, or did its work.
std::optional<GivenBack> stopped_for_host(const StepOutcome& said, CancelReason asked) {
    const auto* failure = std::get_if<StepFailure>(&said);
    if (failure == nullptr || !plugin_host::says_cancelled(*failure)) {
        return std::nullopt;
    }
    switch (asked) {
        case CancelReason::shutdown: return GivenBack{GivenBack::Reason::shutdown};
        case CancelReason::reload: return GivenBack{GivenBack::Reason::reload};
        default: return std::nullopt;
    }
}

}  // namespace

SettledOutcome judge_attempt(StepOutcome said, const AttemptFacts& facts) {
    if (const auto back = stopped_for_host(said, facts.asked)) {
        return *back;
    }
    if (auto* yielded = std::get_if<Yielded>(&said); yielded != nullptr && !facts.moved) {
        const auto yields = facts.stalls + 1;
        if (yields >= most_stalls) {
            return no_progress(yields);
        }
        yielded->stalled = true;
    }
    return std::visit(
        [](auto&& value) -> SettledOutcome { return std::forward<decltype(value)>(value); },
        std::move(said)
    );
}

}  // namespace tenon::worker
