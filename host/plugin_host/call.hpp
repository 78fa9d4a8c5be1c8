#pragma once

#include "plugin_host/handler.hpp"

#include <tenon/abi/call.h>

#include <condition_variable>
#include <cstddef>
#include <forward_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

/// The host's side of one call: what the services of the ABI work on, and what they collect.
/// Lives on the stack of Handler::invoke; a plugin knows it by a CallHandle.
struct tenon_call {
    tenon_call(std::string_view callable, const tenon::plugin_host::StepCall& step) noexcept
        : callable(callable), step(step) {}

    std::string_view callable;
    const tenon::plugin_host::StepCall& step;
    std::string result;
    bool has_result = false;
    bool reserved = false;  ///< `result` is a buffer the handler fills.
    bool saved_checkpoint = false;
    std::size_t events = 0;                      ///< Taken by the host so far,
    std::size_t event_bytes = 0;                 ///< and what they weigh, names included.
    std::optional<tenon::StepFailure> failure;   ///< From set_error.
    std::optional<tenon::StepFailure> rejected;  ///< A result that was refused.
    std::forward_list<std::string> fetched;      ///< What result_of gave out.

    // A pending call goes from the thread that began it to the one that completes it.
    std::mutex mutex;
    std::condition_variable completed;
    std::optional<tenon_status> completion;
};

namespace tenon::plugin_host {

/// The services of every call; see <tenon/abi/call.h>.
extern const tenon_call_api call_services;

/// A failure that the host reports in the handler's place. Its code is lower case, so that it
/// cannot be taken for one of the author's.
StepFailure host_failure(std::string_view code, std::string message, std::optional<bool> retryable);

/// Whether `json` may go along with a failure or a log line: an object within its limits.
bool is_context(std::string_view json);

/// Whether this is what `settle` makes of a handler that stopped because it was asked to.
bool says_cancelled(const StepFailure& failure);

/// Waits for the end of a call that answered TENON_PENDING: what complete() was told, or
/// TENON_E_CANCELLED when it was asked to stop and nothing came of that in time.
tenon_status await_completion(tenon_call& call);

/// What the handler's status and the calls it made amount to.
StepOutcome settle(tenon_call& call, tenon_status status);

}  // namespace tenon::plugin_host
