#include "worker/dispatch/attempt_verdict.hpp"

#include "plugin_host/call.hpp"

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

bool stopped_with_host(const StepOutcome& said, CancelReason asked) {
    const auto* failure = std::get_if<StepFailure>(&said);
    return failure != nullptr && asked == CancelReason::shutdown &&
           plugin_host::says_cancelled(*failure);
}

}  // namespace

SettledOutcome judge_attempt(StepOutcome said, const AttemptFacts& facts) {
    if (stopped_with_host(said, facts.asked)) {
        return GivenBack{.begun = true};
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
