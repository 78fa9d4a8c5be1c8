#pragma once

#include <tenon/plugin.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>

namespace tenon {
inline namespace sdk_v1 {
namespace testing {

/// What a handler under test is given. JSON fields are JSON text.
struct Step {
    std::string context = "{}";
    std::string initialization = "{}";
    std::string checkpoint = {};
    std::vector<std::pair<std::string, std::string>> dependencies = {};  ///< Name and result.
    std::map<std::string, std::string, std::less<>> ancestors = {};      ///< Further results.
    std::uint32_t attempt = 1;
    std::uint32_t max_attempts = 3;
    std::string method = "call";
    std::string step_name = "step";
    std::int32_t cancel_reason = TENON_NOT_CANCELLED;
    std::uint32_t cancel_after = 0;  ///< Polls of the cancel reason answered with "go on" first.
    std::optional<std::vector<std::string>> events = {};  ///< Declared names; unset: every name.
};

struct Failure {
    std::string message;
    std::string type;
    std::string code;
    std::string context_json;
    std::optional<bool> retryable;  ///< Unset: the template decides.
    std::optional<std::chrono::milliseconds> retry_after;
};

struct Event {
    std::string name;
    std::string payload;
};

struct LogLine {
    LogLevel level;
    std::string message;
    std::string fields;
};

/// What became of one run.
struct Run {
    tenon_status status = TENON_OK;  ///< As the handler returned it.
    std::string result = "{}";       ///< JSON text; meaningless after a failure.
    std::optional<Failure> failure;
    std::vector<Event> events;
    std::vector<LogLine> logs;
    std::vector<double> heartbeats;
    std::string checkpoint;  ///< The last one stored, or empty.

    bool succeeded() const noexcept { return status == TENON_OK && !failure; }

    bool cancelled() const noexcept { return status == TENON_E_CANCELLED; }

    bool yielded() const noexcept { return status == TENON_YIELD; }
};

namespace detail {

using sdk_v1::detail::to_abi;
using sdk_v1::detail::to_view;

/// A host for one call: the real ABI, with everything it is told kept for the test.
class FakeCall {
public:
    explicit FakeCall(const Step& given) : given_(given) {}

    Run run(const tenon_handler& handler) {
        void* instance = nullptr;
        char error[256] = "";
        const auto made = handler.create == nullptr
                              ? TENON_OK
                              : handler.create(handler.user, to_abi("{}"), &instance, error, 256);
        if (made != TENON_OK) {
            throw std::runtime_error(std::string(handler.callable) + ": " + error);
        }
        const auto api = services();
        const auto dependencies = dependency_array();
        const auto step = describe(handler, api, dependencies);
        run_.status = handler.call(instance, handle(), &step);
        if (run_.status == TENON_PENDING) {
            run_.status = await_completion();
        }
        if (handler.destroy != nullptr) {
            handler.destroy(instance);
        }
        return std::move(run_);
    }

private:
    tenon_call* handle() noexcept { return reinterpret_cast<tenon_call*>(this); }

    static FakeCall& of(tenon_call* call) noexcept { return *reinterpret_cast<FakeCall*>(call); }

    std::vector<tenon_dependency> dependency_array() const {
        std::vector<tenon_dependency> array;
        for (const auto& [name, result] : given_.dependencies) {
            array.push_back({to_abi(name), to_abi(result)});
        }
        return array;
    }

    tenon_step describe(
        const tenon_handler& handler,
        const tenon_call_api& api,
        const std::vector<tenon_dependency>& dependencies
    ) const {
        tenon_step step{};
        step.size = sizeof step;
        step.attempt = given_.attempt;
        step.max_attempts = given_.max_attempts;
        step.callable = to_abi(handler.callable);
        step.method = to_abi(given_.method);
        step.task_uuid = to_abi("01900000-0000-7000-8000-000000000000");
        step.step_uuid = to_abi("01900000-0000-7000-8000-000000000001");
        step.step_name = to_abi(given_.step_name);
        step.namespace_name = to_abi("testing");
        step.correlation_id = to_abi("01900000-0000-7000-8000-0000000000c0");
        step.context_json = to_abi(given_.context);
        step.initialization_json = to_abi(given_.initialization);
        step.checkpoint_json = to_abi(given_.checkpoint);
        step.dependencies = dependencies.data();
        step.dependency_count = static_cast<std::uint32_t>(dependencies.size());
        step.dependency_stride = sizeof(tenon_dependency);
        step.api = &api;
        return step;
    }

    static tenon_call_api services() {
        tenon_call_api api{};
        api.size = sizeof api;
        api.set_result = &set_result;
        api.reserve_result = &reserve_result;
        api.set_error = &set_error;
        api.result_of = &result_of;
        api.cancel_reason = &cancel_reason;
        api.log = &log;
        api.complete = &complete;
        api.get_extension = &get_extension;
        return api;
    }

    // A handler under test that never completes its call would hang its test.
    tenon_status await_completion() {
        constexpr std::chrono::seconds patience{10};
        std::unique_lock lock(mutex_);
        if (!completed_.wait_for(lock, patience, [this] { return completion_.has_value(); })) {
            throw std::runtime_error("the call was pending for 10 s and nobody completed it");
        }
        return *completion_;
    }

    static tenon_status complete(tenon_call* call, tenon_status outcome) {
        auto& self = of(call);
        const std::lock_guard lock(self.mutex_);
        if (self.completion_) {
            return TENON_E_STATE;
        }
        self.completion_ = outcome;
        self.completed_.notify_all();
        return TENON_OK;
    }

    static tenon_status set_result(tenon_call* call, tenon_str json) {
        sdk_v1::detail::JsonCursor cursor(to_view(json));
        if (cursor.value().empty() || !cursor.at_end()) {
            of(call).run_.failure = Failure{
                .message = "not JSON: " + std::string(to_view(json)),
                .type = "InvalidResult",
                .code = "invalid_result",
                .context_json = {},
                .retryable = false,
                .retry_after = {},
            };
            return TENON_E_INVALID;
        }
        of(call).run_.result = to_view(json);
        return TENON_OK;
    }

    static tenon_status reserve_result(tenon_call* call, std::uint64_t bytes, char** buffer) {
        of(call).run_.result.assign(bytes, ' ');
        *buffer = of(call).run_.result.data();
        return TENON_OK;
    }

    static tenon_status set_error(tenon_call* call, const tenon_error* error) {
        Failure failure{
            .message = std::string(to_view(error->message)),
            .type = std::string(to_view(error->error_type)),
            .code = std::string(to_view(error->error_code)),
            .context_json = std::string(to_view(error->context_json)),
            .retryable = {},
            .retry_after = {},
        };
        if (error->retryable != TENON_RETRY_BY_TEMPLATE) {
            failure.retryable = error->retryable == TENON_RETRY_ALLOWED;
        }
        if (error->retry_after_ms >= 0) {
            failure.retry_after = std::chrono::milliseconds(error->retry_after_ms);
        }
        of(call).run_.failure = std::move(failure);
        return TENON_OK;
    }

    static tenon_status result_of(tenon_call* call, tenon_str step_name, tenon_str* json) {
        const auto& ancestors = of(call).given_.ancestors;
        const auto found = ancestors.find(to_view(step_name));
        if (found == ancestors.end()) {
            return TENON_E_NOT_FOUND;
        }
        *json = to_abi(found->second);
        return TENON_OK;
    }

    static std::int32_t cancel_reason(const tenon_call* call) {
        const auto& self = *reinterpret_cast<const FakeCall*>(call);
        return self.polls_++ < self.given_.cancel_after ? TENON_NOT_CANCELLED
                                                        : self.given_.cancel_reason;
    }

    static void log(tenon_call* call, std::int32_t level, tenon_str message, tenon_str fields) {
        of(call).run_.logs.push_back(
            {static_cast<LogLevel>(level),
             std::string(to_view(message)),
             std::string(to_view(fields))}
        );
    }

    static tenon_status publish(tenon_call* call, tenon_str name, tenon_str payload) {
        const auto& declared = of(call).given_.events;
        if (declared &&
            std::find(declared->begin(), declared->end(), to_view(name)) == declared->end()) {
            return TENON_E_NOT_FOUND;
        }
        sdk_v1::detail::JsonCursor cursor(to_view(payload));
        if (cursor.value().empty() || !cursor.at_end()) {
            return TENON_E_INVALID;
        }
        constexpr std::size_t most_events = 64;
        constexpr std::size_t most_bytes = std::size_t{256} * 1024;
        auto& events = of(call).run_.events;
        std::size_t bytes = name.len + payload.len;
        for (const auto& event : events) {
            bytes += event.name.size() + event.payload.size();
        }
        if (events.size() >= most_events || bytes > most_bytes) {
            return TENON_E_TOO_LARGE;
        }
        events.push_back({std::string(to_view(name)), std::string(to_view(payload))});
        return TENON_OK;
    }

    static tenon_status beat(tenon_call* call, double fraction, tenon_str /*message*/) {
        of(call).run_.heartbeats.push_back(fraction);
        return cancel_reason(call) == TENON_NOT_CANCELLED ? TENON_OK : TENON_E_CANCELLED;
    }

    static tenon_status save(tenon_call* call, tenon_str json) {
        constexpr std::size_t longest = std::size_t{1024} * 1024;
        if (json.len > longest) {
            return TENON_E_TOO_LARGE;
        }
        of(call).run_.checkpoint = to_view(json);
        return TENON_OK;
    }

    static const void* get_extension(tenon_call* /*call*/, const char* id) {
        static constexpr tenon_events events{sizeof(tenon_events), 0, &publish};
        static constexpr tenon_heartbeat heartbeat{sizeof(tenon_heartbeat), 0, &beat};
        static constexpr tenon_checkpoint checkpoint{sizeof(tenon_checkpoint), 0, &save};
        const std::string_view wanted = id;
        if (wanted == TENON_EXT_EVENTS) {
            return &events;
        }
        if (wanted == TENON_EXT_HEARTBEAT) {
            return &heartbeat;
        }
        return wanted == TENON_EXT_CHECKPOINT ? &checkpoint : nullptr;
    }

    const Step& given_;
    Run run_;
    mutable std::uint32_t polls_ = 0;
    std::mutex mutex_;
    std::condition_variable completed_;
    std::optional<tenon_status> completion_;
};

}  // namespace detail

/// Runs the handler that this executable declares for `callable` once, through the same ABI as a
/// host does. Throws std::runtime_error when there is none.
inline Run run(std::string_view callable, const Step& step = {}) {
    for (const auto* handler : sdk_v1::detail::handler_table()) {
        if (callable == handler->callable) {
            return detail::FakeCall(step).run(*handler);
        }
    }
    throw std::runtime_error("this executable declares no handler " + std::string(callable));
}

/// Runs `Handler` once, declared or not.
template <std::derived_from<StepHandler> Handler>
Run run(const Step& step = {}) {
    tenon_handler handler{};
    handler.size = sizeof handler;
    handler.callable = "testing::Handler";
    handler.create = &sdk_v1::detail::create_handler<Handler>;
    handler.call = &sdk_v1::detail::call_handler;
    handler.destroy = &sdk_v1::detail::destroy_handler;
    return detail::FakeCall(step).run(handler);
}

}  // namespace testing
}  // namespace sdk_v1
}  // namespace tenon
