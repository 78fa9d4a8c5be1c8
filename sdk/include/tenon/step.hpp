#pragma once

#include <tenon/abi/extensions.h>
#include <tenon/json_view.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {
inline namespace sdk_v1 {

namespace detail {

inline tenon_str to_abi(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

inline std::string_view to_view(tenon_str text) noexcept {
    return text.ptr == nullptr ? std::string_view{} : std::string_view(text.ptr, text.len);
}

/// Thrown by StepContext::yield once the checkpoint is durable.
struct Yielded {};

}  // namespace detail

/// Why a step should stop. A host of a later version may have further reasons.
enum class CancelReason : std::int32_t {
    none = TENON_NOT_CANCELLED,
    deadline = TENON_CANCEL_DEADLINE,  ///< It has run for its whole time.
    task = TENON_CANCEL_TASK,          ///< Its task was cancelled.
    shutdown = TENON_CANCEL_SHUTDOWN,  ///< Its host goes; the step begins again elsewhere.
    reload = TENON_CANCEL_RELOAD,      ///< There is a newer build; the step begins again on that.
};

/// What a step produced, as JSON text. Converts from whatever JsonCodec writes: numbers, strings,
/// vectors, and with <tenon/json.hpp> every tree. Empty: `{}`.
class StepResult {
public:
    StepResult() : text_("{}") {}

    template <class T>
        requires(JsonWritable<T> && !std::same_as<T, StepResult>)
    StepResult(const T& value) : text_(JsonCodec<T>::write(value)) {}

    /// A JSON string.
    StepResult(std::string_view value) : text_(JsonCodec<std::string>::write(value)) {}

    StepResult(const char* value) : StepResult(std::string_view(value)) {}

    /// `json` as it is. The host checks it, and fails the step when it is not JSON.
    static StepResult raw(std::string json) {
        StepResult result;
        result.text_ = std::move(json);
        return result;
    }

    /// No result yet: the Completion that StepContext::defer gave out will bring it.
    static StepResult pending() {
        StepResult result;
        result.pending_ = true;
        return result;
    }

    bool is_pending() const noexcept { return pending_; }

    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    bool pending_ = false;
};

enum class LogLevel : std::int32_t {
    trace = TENON_LOG_TRACE,
    debug = TENON_LOG_DEBUG,
    info = TENON_LOG_INFO,
    warn = TENON_LOG_WARN,
    error = TENON_LOG_ERROR,
};

/// The end of a call, in the hands of another thread. Made by StepContext::defer; whoever holds it
/// ends the step, once. One that is dropped fails its step with COMPLETION_LOST. Move-only.
class Completion {
public:
    Completion(tenon_call* call, const tenon_step* step) noexcept : call_(call), step_(step) {}

    Completion(Completion&& other) noexcept
        : call_(std::exchange(other.call_, nullptr)), step_(other.step_) {}

    Completion& operator=(Completion&&) = delete;

    ~Completion() {
        if (call_ != nullptr) {
            static const ErrorDetails details{.code = "COMPLETION_LOST", .type = "CompletionLost"};
            fail("the handler dropped the call without an end", TENON_RETRY_BY_TEMPLATE, details);
        }
    }

    /// Ends the step with a result.
    void succeed(const StepResult& result) {
        const auto set = step_->api->set_result(call_, detail::to_abi(result.text()));
        end(set == TENON_OK ? TENON_OK : set);
    }

    /// Ends the step with a failure, as if the handler had thrown it.
    void fail(const StepError& error) {
        const auto retry = error.retryable() ? TENON_RETRY_ALLOWED : TENON_RETRY_NEVER;
        fail(error.what(), retry, error.details());
    }

    /// Whether the step should stop; end it with `stop` then.
    bool cancelled() const noexcept {
        return step_->api->cancel_reason(call_) != TENON_NOT_CANCELLED;
    }

    /// Ends a cancelled step.
    void stop() noexcept { end(TENON_E_CANCELLED); }

private:
    void fail(std::string_view message, std::int32_t retryable, const ErrorDetails& details) {
        tenon_error error{};
        error.size = sizeof error;
        error.retryable = retryable;
        error.message = detail::to_abi(message);
        error.error_type = detail::to_abi(details.type);
        error.error_code = detail::to_abi(details.code);
        error.context_json = detail::to_abi(details.context_json);
        error.retry_after_ms = details.retry_after ? details.retry_after->count() : -1;
        step_->api->set_error(call_, &error);
        end(TENON_FAILED);
    }

    void end(tenon_status outcome) noexcept {
        step_->api->complete(std::exchange(call_, nullptr), outcome);
    }

    tenon_call* call_;
    const tenon_step* step_;
};

/// One execution of one step: what it is given, and what the host does for it. Lives as long as
/// the call; every view it hands out does too. [call]
class StepContext {
public:
    StepContext(tenon_call* call, const tenon_step* step) noexcept : call_(call), step_(step) {}

    std::string_view callable() const noexcept { return detail::to_view(step_->callable); }

    /// The entry that the template asks for; "call" by default.
    std::string_view method() const noexcept { return detail::to_view(step_->method); }

    std::string_view task_uuid() const noexcept { return detail::to_view(step_->task_uuid); }

    std::string_view step_uuid() const noexcept { return detail::to_view(step_->step_uuid); }

    std::string_view step_name() const noexcept { return detail::to_view(step_->step_name); }

    std::string_view namespace_name() const noexcept {
        return detail::to_view(step_->namespace_name);
    }

    std::string_view correlation_id() const noexcept {
        return detail::to_view(step_->correlation_id);
    }

    /// From 1.
    std::uint32_t attempt() const noexcept { return step_->attempt; }

    std::uint32_t max_attempts() const noexcept { return step_->max_attempts; }

    bool is_retry() const noexcept { return step_->attempt > 1; }

    bool is_last_attempt() const noexcept { return step_->attempt >= step_->max_attempts; }

    /// When the host will cancel the call, or nothing.
    std::optional<std::chrono::steady_clock::time_point> deadline() const {
        if (step_->deadline_mono_ns == 0) {
            return std::nullopt;
        }
        return std::chrono::steady_clock::time_point(
            std::chrono::nanoseconds(step_->deadline_mono_ns)
        );
    }

    /// The task's context, an object.
    JsonView context() const { return {detail::to_view(step_->context_json), "context"}; }

    /// A field of the task's context. Throws ValidationError, which names the field, when it is
    /// missing or no T.
    template <class T>
    T input(std::string_view field) const {
        return context().at(field).template as<T>();
    }

    /// Like input, with `fallback` where the field is missing or null.
    template <class T>
    T input_or(std::string_view field, T fallback) const {
        return value_or(context(), field, std::move(fallback));
    }

    /// The handler's part of the template, an object.
    JsonView initialization() const {
        const auto text = detail::to_view(step_->initialization_json);
        return {text.empty() ? "{}" : text, "initialization"};
    }

    /// A field of `initialization`, with `fallback` where it is missing or null.
    template <class T>
    T initialization_or(std::string_view field, T fallback) const {
        return value_or(initialization(), field, std::move(fallback));
    }

    /// The names of the direct dependencies, in the template's order.
    std::vector<std::string_view> dependency_names() const {
        std::vector<std::string_view> names;
        for (std::uint32_t i = 0; i < step_->dependency_count; ++i) {
            names.push_back(detail::to_view(dependency_at(i).name));
        }
        return names;
    }

    /// The result of a direct dependency, or of any earlier ancestor (fetched when asked for).
    JsonView dependency(std::string_view step_name) const {
        return {dependency_text(step_name), std::string(step_name)};
    }

    /// The result of `step_name` as a T. Throws ValidationError when it is no T.
    template <class T>
    T dependency(std::string_view step_name) const {
        return dependency(step_name).template as<T>();
    }

    /// The last checkpoint of this step, or nothing on a first run.
    std::optional<JsonView> checkpoint() const {
        const auto text = detail::to_view(step_->checkpoint_json);
        return text.empty() ? std::nullopt : std::optional(JsonView(text, "checkpoint"));
    }

    /// Stores `state` durably and goes on: a later attempt, of any host, is given it. Throws
    /// PermanentError on a host without checkpoints and for a state that is no JSON or larger than
    /// 1 MiB, RetryableError when it could not be stored.
    void save_checkpoint(const StepResult& state) {
        const auto* extension = find<tenon_checkpoint>(TENON_EXT_CHECKPOINT);
        if (extension == nullptr) {
            throw PermanentError(
                "this host stores no checkpoints", {.code = "CHECKPOINT_UNSUPPORTED"}
            );
        }
        switch (extension->save(call_, detail::to_abi(state.text()))) {
            case TENON_OK: return;
            case TENON_E_CANCELLED: throw Cancelled{};
            case TENON_E_TOO_LARGE:
                throw PermanentError(
                    "the checkpoint has " + std::to_string(state.text().size()) +
                        " bytes: keep the cursor in it and the rest elsewhere",
                    {.code = "CHECKPOINT_TOO_LARGE"}
                );
            case TENON_E_INVALID:
                throw PermanentError("the checkpoint is no JSON", {.code = "CHECKPOINT_INVALID"});
            default:
                throw RetryableError(
                    "the checkpoint was not stored", {.code = "CHECKPOINT_FAILED"}
                );
        }
    }

    /// Stores `state` like save_checkpoint and ends the call; the host dispatches the step again,
    /// without counting an attempt.
    [[noreturn]] void yield(const StepResult& state) {
        save_checkpoint(state);
        throw detail::Yielded{};
    }

    bool cancelled() const noexcept { return cancel_reason() != CancelReason::none; }

    CancelReason cancel_reason() const noexcept {
        return CancelReason{step_->api->cancel_reason(call_)};
    }

    /// Ends the step, by an exception, when it was cancelled. Call it inside long loops.
    void throw_if_cancelled() const {
        if (cancelled()) {
            throw Cancelled{};
        }
    }

    /// Reports `fraction` (0 to 1) as done, renews the lease, and ends a cancelled step.
    void heartbeat(double fraction, std::string_view message = {}) {
        const auto* extension = find<tenon_heartbeat>(TENON_EXT_HEARTBEAT);
        const bool stop =
            extension != nullptr &&
            extension->beat(call_, fraction, detail::to_abi(message)) == TENON_E_CANCELLED;
        if (stop) {
            throw Cancelled{};
        }
        throw_if_cancelled();
    }

    /// Buffers what a declared event of the step says; published with the outcome of this call, if
    /// that meets the event's condition. False when it was not taken: the step's template does not
    /// declare `name`, there are more than 64 or 256 KiB of them, or the host carries none.
    bool publish(std::string_view name, const StepResult& payload) {
        const auto* extension = find<tenon_events>(TENON_EXT_EVENTS);
        return extension != nullptr &&
               extension->publish(call_, detail::to_abi(name), detail::to_abi(payload.text())) ==
                   TENON_OK;
    }

    /// Lets another thread end the step: hand it the Completion, and return StepResult::pending().
    /// Until then everything that this context gave out stays valid, but the context itself does
    /// not. The thread is joined in deinit(), or by an object that the plugin destroys.
    Completion defer() const noexcept { return {call_, step_}; }

    /// A descriptor that poll() finds readable once the call is cancelled; -1 without one.
    int cancel_descriptor() {
        const auto* extension = find<tenon_cancel_fd>(TENON_EXT_CANCEL_FD);
        return extension == nullptr ? -1 : extension->get(call_);
    }

    /// One line of log, tagged by the host with step, task and correlation. `fields_json` is a
    /// JSON object or empty.
    void log(LogLevel level, std::string_view message, std::string_view fields_json = {}) const {
        step_->api->log(
            call_,
            static_cast<std::int32_t>(level),
            detail::to_abi(message),
            detail::to_abi(fields_json)
        );
    }

private:
    template <class T>
    static T value_or(const JsonView& object, std::string_view field, T fallback) {
        const auto found = object.find(field);
        return found && !found->is_null() ? found->template as<T>() : std::move(fallback);
    }

    // The stride, not sizeof: a newer host may have appended fields.
    const tenon_dependency& dependency_at(std::uint32_t index) const noexcept {
        const auto* bytes = reinterpret_cast<const char*>(step_->dependencies);
        return *reinterpret_cast<const tenon_dependency*>(
            bytes + std::size_t{index} * step_->dependency_stride
        );
    }

    std::string_view dependency_text(std::string_view step_name) const {
        for (std::uint32_t i = 0; i < step_->dependency_count; ++i) {
            if (detail::to_view(dependency_at(i).name) == step_name) {
                return detail::to_view(dependency_at(i).result_json);
            }
        }
        tenon_str found{};
        const auto status = step_->api->result_of(call_, detail::to_abi(step_name), &found);
        if (status == TENON_E_NOT_FOUND) {
            throw ValidationError(
                "no result of step " + std::string(step_name) +
                " within reach: list it among the step's dependencies"
            );
        }
        if (status != TENON_OK) {
            throw RetryableError(
                "the result of step " + std::string(step_name) + " could not be fetched",
                {.code = "RESULT_UNAVAILABLE"}
            );
        }
        return detail::to_view(found);
    }

    template <class T>
    const T* find(const char* id) const noexcept {
        return static_cast<const T*>(step_->api->get_extension(call_, id));
    }

    tenon_call* call_;
    const tenon_step* step_;
};

/// Code of one callable. The host makes an instance for each call that runs at the same time, or
/// one for all when the handler is registered as concurrent.
class StepHandler {
public:
    StepHandler() = default;
    StepHandler(const StepHandler&) = delete;
    StepHandler& operator=(const StepHandler&) = delete;
    virtual ~StepHandler() = default;

    /// Runs one step. Returns its result, or throws PermanentError, RetryableError or anything
    /// else: nothing thrown leaves the plugin.
    virtual StepResult call(StepContext& context) = 0;
};

}  // namespace sdk_v1
}  // namespace tenon
