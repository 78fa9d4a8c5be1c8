#include "plugin_host/call.hpp"

#include "foundation/json_text.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/calls/call_handle.hpp"
#include "plugin_host/calls/call_limits.hpp"

#include <tenon/abi/extensions.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <type_traits>
#include <utility>

namespace tenon::plugin_host {
namespace {

constexpr std::string_view host_type = "HandlerContract";
constexpr std::string_view cancelled_code = "CANCELLED";

std::string_view view_of(tenon_str text) noexcept {
    return text.ptr == nullptr ? std::string_view{} : std::string_view(text.ptr, text.len);
}

tenon_str to_abi(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

// Text that PostgreSQL takes: UTF-8 without NUL, and not without end.
std::string clean(tenon_str text, std::size_t longest) {
    auto cleaned = to_valid_utf8(view_of(text).substr(0, 2 * longest), longest);
    std::ranges::replace(cleaned, '\0', ' ');
    return cleaned;
}

void reject(tenon_call& call, std::string_view why) {
    call.rejected = host_failure(
        "invalid_result", fmt::format("the result of {} was refused: {}", call.callable, why), false
    );
}

// Services may not throw; whatever goes wrong inside them becomes a status.
template <class Action>
tenon_status guarded(Action&& action) noexcept {
    try {
        return action();
    } catch (...) {
        return TENON_E_INTERNAL;
    }
}

tenon_status reject_size(tenon_call& call, std::uint64_t bytes) {
    reject(call, fmt::format("{} bytes are more than {}", bytes, call_limits::result.max_bytes));
    return TENON_E_TOO_LARGE;
}

tenon_status set_result(tenon_call* call, tenon_str json) noexcept {
    return guarded([&] {
        const std::lock_guard lock(call->mutex);
        const auto text = view_of(json);
        if (text.size() > call_limits::result.max_bytes) {
            return reject_size(*call, text.size());
        }
        if (const auto checked = check_json(text, call_limits::result); !checked) {
            reject(*call, checked.error().detail);
            return tenon_status{TENON_E_INVALID};
        }
        call->result.assign(text);
        call->has_result = true;
        call->reserved = false;
        call->rejected.reset();
        return tenon_status{TENON_OK};
    });
}

tenon_status reserve_result(tenon_call* call, std::uint64_t bytes, char** buffer) noexcept {
    return guarded([&] {
        const std::lock_guard lock(call->mutex);
        if (bytes > call_limits::result.max_bytes) {
            return reject_size(*call, bytes);
        }
        call->result.assign(bytes, ' ');
        call->has_result = true;
        call->reserved = true;
        call->rejected.reset();
        *buffer = call->result.data();
        return tenon_status{TENON_OK};
    });
}

StepFailure failure_from(const tenon_error& error) {
    StepFailure failure{
        .message = clean(error.message, call_limits::message_bytes),
        .error_type = clean(error.error_type, call_limits::name_bytes),
        .error_code = clean(error.error_code, call_limits::name_bytes),
        .context_json = {},
        .retryable = {},
        .retry_after = {},
    };
    if (const auto context = view_of(error.context_json); is_context(context)) {
        failure.context_json = context;
    }
    if (error.retryable == TENON_RETRY_NEVER || error.retryable == TENON_RETRY_ALLOWED) {
        failure.retryable = error.retryable == TENON_RETRY_ALLOWED;
    }
    if (error.retry_after_ms >= 0) {
        failure.retry_after =
            std::min(std::chrono::milliseconds(error.retry_after_ms), call_limits::retry_after);
    }
    return failure;
}

tenon_status set_error(tenon_call* call, const tenon_error* error) noexcept {
    return guarded([&] {
        const std::lock_guard lock(call->mutex);
        if (error == nullptr || !TENON_HAS(error, retry_after_ms)) {
            return tenon_status{TENON_E_INVALID};
        }
        call->failure = failure_from(*error);
        return tenon_status{TENON_OK};
    });
}

tenon_status result_of(tenon_call* call, tenon_str step_name, tenon_str* json) noexcept {
    return guarded([&] {
        const auto wanted = view_of(step_name);
        const auto& direct = call->step.dependencies;
        const auto found = std::ranges::find(direct, wanted, &DependencyView::name);
        if (found != direct.end()) {
            *json = to_abi(found->result_json);
            return tenon_status{TENON_OK};
        }
        auto fetched =
            call->step.services == nullptr ? std::nullopt : call->step.services->result_of(wanted);
        if (!fetched) {
            return tenon_status{TENON_E_NOT_FOUND};
        }
        const std::lock_guard lock(call->mutex);
        *json = to_abi(call->fetched.emplace_front(*std::move(fetched)));
        return tenon_status{TENON_OK};
    });
}

std::int32_t cancel_reason(const tenon_call* call) noexcept {
    return call->step.services == nullptr ? std::int32_t{TENON_NOT_CANCELLED}
                                          : call->step.services->cancel_reason();
}

void log(tenon_call* call, std::int32_t level, tenon_str message, tenon_str fields_json) noexcept {
    guarded([&] {
        if (call->step.services != nullptr) {
            const auto fields = view_of(fields_json);
            call->step.services->log(
                std::clamp<std::int32_t>(level, TENON_LOG_TRACE, TENON_LOG_ERROR),
                clean(message, call_limits::message_bytes),
                is_context(fields) ? fields : std::string_view{}
            );
        }
        return tenon_status{TENON_OK};
    });
}

tenon_status complete(tenon_call* call, tenon_status outcome) noexcept {
    const std::lock_guard lock(call->mutex);
    if (call->completion) {
        return TENON_E_STATE;
    }
    if (outcome == TENON_PENDING) {
        return TENON_E_INVALID;
    }
    call->completion = outcome;
    call->completed.notify_all();
    return TENON_OK;
}

std::int32_t cancel_descriptor(tenon_call* call) noexcept {
    return call->step.services->cancel_descriptor();
}

tenon_status save_checkpoint(tenon_call* call, tenon_str json) noexcept {
    return guarded([&]() -> tenon_status {
        const auto text = view_of(json);
        if (text.size() > call_limits::checkpoint.max_bytes) {
            return TENON_E_TOO_LARGE;
        }
        if (!check_json(text, call_limits::checkpoint)) {
            return TENON_E_INVALID;
        }
        switch (call->step.services->save_checkpoint(text)) {
            case CheckpointStatus::saved: call->saved_checkpoint = true; return TENON_OK;
            case CheckpointStatus::not_ours: return TENON_E_CANCELLED;
            case CheckpointStatus::unavailable: break;
        }
        return TENON_E_INTERNAL;
    });
}

tenon_status beat(tenon_call* call, double fraction, tenon_str message) noexcept {
    return guarded([&]() -> tenon_status {
        const bool known = !std::isnan(fraction);
        const bool go_on = call->step.services->beat(
            known ? std::optional(std::clamp(fraction, 0.0, 1.0)) : std::nullopt,
            clean(message, call_limits::progress_bytes)
        );
        return go_on ? TENON_OK : TENON_E_CANCELLED;
    });
}

/// What becomes of an event, and why, where it is not taken.
std::pair<tenon_status, std::string> take_event(
    tenon_call& call,
    std::string_view name,
    std::string_view payload
) {
    const auto bytes = call.event_bytes + name.size() + payload.size();
    if (call.events >= call_limits::events || bytes > call_limits::event_bytes) {
        return {
            TENON_E_TOO_LARGE,
            fmt::format(
                "{} events of {} bytes together are the most",
                call_limits::events,
                call_limits::event_bytes
            )
        };
    }
    if (const auto checked = check_json(payload, call_limits::event); !checked) {
        return {TENON_E_INVALID, checked.error().detail};
    }
    if (!call.step.services->publish(name, payload)) {
        return {TENON_E_NOT_FOUND, "its template does not declare it; see publishes_events"};
    }
    ++call.events;
    call.event_bytes = bytes;
    return {TENON_OK, {}};
}

tenon_status publish(tenon_call* call, tenon_str name, tenon_str payload_json) noexcept {
    return guarded([&]() -> tenon_status {
        const auto [status, why] = take_event(*call, view_of(name), view_of(payload_json));
        if (status != TENON_OK) {
            const auto sentence = fmt::format(
                "event '{}' is not taken: {}", clean(name, call_limits::name_bytes), why
            );
            call->step.services->log(TENON_LOG_WARN, sentence, {});
        }
        return status;
    });
}

// A service as plugins get it: it asks first whether the handle still stands for a call, and
// answers `refusal` when it does not.
template <auto service, auto refusal = TENON_E_STATE, class = decltype(service)>
struct Live;

template <auto service, auto refusal, class Answer, class Call, class... Arguments>
struct Live<service, refusal, Answer (*)(Call*, Arguments...) noexcept> {
    static Answer run(Call* handle, Arguments... arguments) noexcept {
        const CallAccess access(handle);
        if (access.get() != nullptr) {
            return service(access.get(), arguments...);
        }
        if constexpr (!std::is_void_v<Answer>) {
            return static_cast<Answer>(refusal);
        }
    }
};

template <auto service, auto refusal = TENON_E_STATE>
constexpr auto live = &Live<service, refusal>::run;

const void* get_extension(tenon_call* call, const char* id) noexcept {
    static constexpr tenon_events events{sizeof(tenon_events), 0, live<&publish>};
    static constexpr tenon_cancel_fd
        cancel_fd{sizeof(tenon_cancel_fd), 0, live<&cancel_descriptor, -1>};
    static constexpr tenon_checkpoint
        checkpoint{sizeof(tenon_checkpoint), 0, live<&save_checkpoint>};
    static constexpr tenon_heartbeat heartbeat{sizeof(tenon_heartbeat), 0, live<&beat>};
    const std::string_view wanted = id == nullptr ? "" : id;
    if (call->step.services == nullptr) {
        return nullptr;
    }
    if (wanted == TENON_EXT_CANCEL_FD) {
        return &cancel_fd;
    }
    if (wanted == TENON_EXT_EVENTS) {
        return &events;
    }
    if (wanted == TENON_EXT_HEARTBEAT) {
        return &heartbeat;
    }
    return wanted == TENON_EXT_CHECKPOINT ? &checkpoint : nullptr;
}

std::string_view reason_name(std::int32_t reason) noexcept {
    switch (reason) {
        case TENON_CANCEL_TASK: return "its task was cancelled";
        case TENON_CANCEL_SHUTDOWN: return "the host shuts down";
        case TENON_CANCEL_RELOAD: return "its plugin is being replaced";
        default: return "it was not asked to";
    }
}

StepFailure settle_cancelled(const tenon_call& call) {
    const auto reason = cancel_reason(&call);
    // To be late is a fault of the handler, which its template judges; the rest is not.
    if (reason == TENON_CANCEL_DEADLINE) {
        return host_failure(
            "handler_timeout", fmt::format("{} stopped at its time limit", call.callable), {}
        );
    }
    return host_failure(
        cancelled_code, fmt::format("{} stopped: {}", call.callable, reason_name(reason)), true
    );
}

StepOutcome settle_success(tenon_call& call) {
    if (!call.has_result) {
        return "{}";
    }
    if (call.reserved) {
        if (const auto checked = check_json(call.result, call_limits::result); !checked) {
            reject(call, checked.error().detail);
            return *std::move(call.rejected);
        }
    }
    return std::move(call.result);
}

StepFailure settle_failure(const tenon_call& call, tenon_status status) {
    const auto name = call.callable;
    switch (status) {
        case TENON_FAILED:
            return host_failure("no_reason", fmt::format("{} failed without a reason", name), {});
        case TENON_PENDING:
            return host_failure(
                "handler_status",
                fmt::format("{} completed a call with TENON_PENDING, which is no end", name),
                false
            );
        case TENON_YIELD:
            return host_failure(
                "yield_without_checkpoint",
                fmt::format(
                    "{} yielded without a checkpoint: nothing tells where to take up its work; "
                    "save one first, with {}",
                    name,
                    TENON_EXT_CHECKPOINT
                ),
                false
            );
        case TENON_E_CANCELLED: return settle_cancelled(call);
        default:
            return host_failure(
                "handler_status", fmt::format("{} returned status {}", name, status), {}
            );
    }
}

}  // namespace

const tenon_call_api call_services{
    .size = sizeof(tenon_call_api),
    .reserved = 0,
    .set_result = live<&set_result>,
    .reserve_result = live<&reserve_result>,
    .set_error = live<&set_error>,
    .result_of = live<&result_of>,
    .cancel_reason = live<&cancel_reason, TENON_CANCEL_TASK>,
    .log = live<&log>,
    .complete = live<&complete>,
    .get_extension = live<&get_extension, nullptr>,
};

bool is_context(std::string_view json) {
    const auto begin = json.find_first_not_of(" \t\r\n");
    return begin != std::string_view::npos && json[begin] == '{' &&
           check_json(json, call_limits::context).has_value();
}

StepFailure host_failure(
    std::string_view code,
    std::string message,
    std::optional<bool> retryable
) {
    return {
        .message = std::move(message),
        .error_type = std::string(host_type),
        .error_code = std::string(code),
        .context_json = {},
        .retryable = retryable,
        .retry_after = {},
    };
}

bool says_cancelled(const StepFailure& failure) {
    return failure.error_type == host_type && failure.error_code == cancelled_code;
}

tenon_status await_completion(tenon_call& call) {
    // As long as a worker waits for a handler that is late; then nobody waits any more.
    constexpr std::chrono::seconds patience{5};
    constexpr std::chrono::milliseconds glance{50};
    std::optional<std::chrono::steady_clock::time_point> cancelled;
    std::unique_lock lock(call.mutex);
    while (!call.completed.wait_for(lock, glance, [&call] { return call.completion.has_value(); })
    ) {
        const auto now = std::chrono::steady_clock::now();
        if (!cancelled && cancel_reason(&call) != TENON_NOT_CANCELLED) {
            cancelled = now;
        }
        if (cancelled && now - *cancelled >= patience) {
            return TENON_E_CANCELLED;
        }
    }
    return *call.completion;
}

StepOutcome settle(tenon_call& call, tenon_status status) {
    if (call.rejected) {
        return *std::move(call.rejected);
    }
    const bool failed = status == TENON_FAILED || (status == TENON_OK && !call.has_result);
    if (failed && call.failure) {
        return *std::move(call.failure);
    }
    if (status == TENON_YIELD && (call.saved_checkpoint || !call.step.checkpoint_json.empty())) {
        return Yielded{};
    }
    return status == TENON_OK ? settle_success(call) : StepOutcome(settle_failure(call, status));
}

}  // namespace tenon::plugin_host
