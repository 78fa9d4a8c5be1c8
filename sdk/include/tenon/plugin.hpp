#pragma once

#include <tenon/abi/note.h>
#include <tenon/step.hpp>

#include <cstring>
#include <memory>
#include <new>

#define TENON_SDK_VERSION "0.1.0"
#define TENON_SDK_NAME "c++ " TENON_SDK_VERSION ", " __VERSION__

namespace tenon {
inline namespace sdk_v1 {

/// What a handler tells the host about itself. Everything has a default.
struct HandlerOptions {
    bool concurrent = false;  ///< One instance serves concurrent calls: call() is thread-safe.
    bool idempotent = false;  ///< Running it twice has the effect of running it once.
    bool blocking = false;    ///< It waits more than it computes.
    std::uint32_t max_concurrency = 0;             ///< Calls at a time; 0: no limit of its own.
    std::chrono::milliseconds default_timeout{0};  ///< 0: the template's.
    const char* methods = "";                      ///< Comma-separated; empty: "call" alone.
    const char* input_schema = nullptr;            ///< JSON Schema of the task's context.
    const char* result_schema = nullptr;           ///< JSON Schema of the result.
    const char* doc = nullptr;                     ///< One sentence.
};

namespace detail {

// Hidden, so that two plugins never share one even without the flags of tenon_add_plugin().
__attribute__((visibility("hidden"))) inline std::vector<const tenon_handler*>& handler_table() {
    static std::vector<const tenon_handler*> table;
    return table;
}

inline tenon_status report(
    tenon_call* call,
    const tenon_step* step,
    std::int32_t retryable,
    std::string_view message,
    const ErrorDetails& details
) noexcept {
    tenon_error error{};
    error.size = sizeof error;
    error.retryable = retryable;
    error.message = to_abi(message);
    error.error_type = to_abi(details.type);
    error.error_code = to_abi(details.code);
    error.context_json = to_abi(details.context_json);
    error.retry_after_ms = details.retry_after ? details.retry_after->count() : -1;
    step->api->set_error(call, &error);
    return TENON_FAILED;
}

/// Runs `handler` so that nothing it throws gets out.
inline tenon_status run_guarded(
    StepHandler& handler,
    tenon_call* call,
    const tenon_step* step
) noexcept {
    const auto unhandled = [&](std::string_view what) noexcept {
        static const ErrorDetails details{
            .code = "UNHANDLED_EXCEPTION", .type = "UnhandledException"
        };
        return report(call, step, TENON_RETRY_BY_TEMPLATE, what, details);
    };
    try {
        StepContext context(call, step);
        const auto result = handler.call(context);
        if (result.is_pending()) {
            return TENON_PENDING;
        }
        return step->api->set_result(call, to_abi(result.text()));
    } catch (const StepError& error) {
        const auto retry = error.retryable() ? TENON_RETRY_ALLOWED : TENON_RETRY_NEVER;
        return report(call, step, retry, error.what(), error.details());
    } catch (const Cancelled&) {
        return TENON_E_CANCELLED;
    } catch (const Yielded&) {
        return TENON_YIELD;
    } catch (const std::bad_alloc&) {
        static const ErrorDetails details{.code = "OUT_OF_MEMORY", .type = "OutOfMemory"};
        return report(call, step, TENON_RETRY_ALLOWED, "out of memory", details);
    } catch (const std::exception& error) {
        return unhandled(error.what());
    } catch (...) {
        return unhandled("the handler threw something that is no std::exception");
    }
}

template <class Handler>
std::unique_ptr<StepHandler> make_handler(std::string_view config) {
    if constexpr (std::constructible_from<Handler, const JsonView&>) {
        return std::make_unique<Handler>(JsonView(config.empty() ? "{}" : config, "config"));
    } else {
        return std::make_unique<Handler>();
    }
}

template <class Handler>
tenon_status create_handler(
    void* /*user*/,
    tenon_str config,
    void** instance,
    char* error,
    std::uint32_t error_size
) noexcept {
    try {
        *instance = make_handler<Handler>(to_view(config)).release();
        return TENON_OK;
    } catch (const std::exception& failure) {
        if (error_size > 0) {
            std::strncpy(error, failure.what(), error_size - 1);
            error[error_size - 1] = '\0';
        }
        return TENON_E_INTERNAL;
    } catch (...) {
        return TENON_E_INTERNAL;
    }
}

inline tenon_status call_handler(
    void* instance,
    tenon_call* call,
    const tenon_step* step
) noexcept {
    return run_guarded(*static_cast<StepHandler*>(instance), call, step);
}

inline void destroy_handler(void* instance) noexcept {
    delete static_cast<StepHandler*>(instance);
}

/// Puts a handler into the plugin's table when the plugin is loaded.
class Registration {
public:
    Registration(tenon_handler descriptor, const HandlerOptions& options)
        : descriptor_(descriptor) {
        descriptor_.size = sizeof descriptor_;
        descriptor_.flags = flag(options.concurrent, TENON_HANDLER_CONCURRENT) |
                            flag(options.idempotent, TENON_HANDLER_IDEMPOTENT) |
                            flag(options.blocking, TENON_HANDLER_BLOCKING);
        descriptor_.methods = options.methods;
        descriptor_.input_schema = options.input_schema;
        descriptor_.result_schema = options.result_schema;
        descriptor_.doc = options.doc;
        descriptor_.max_concurrency = options.max_concurrency;
        descriptor_.default_timeout_ms =
            static_cast<std::uint32_t>(options.default_timeout.count());
        handler_table().push_back(&descriptor_);
    }

    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

private:
    static std::uint32_t flag(bool set, std::uint32_t bit) noexcept { return set ? bit : 0; }

    tenon_handler descriptor_;
};

template <std::derived_from<StepHandler> Handler>
Registration register_handler(const char* callable, const HandlerOptions& options = {}) {
    tenon_handler descriptor{};
    descriptor.callable = callable;
    descriptor.create = &create_handler<Handler>;
    descriptor.call = &call_handler;
    descriptor.destroy = &destroy_handler;
    return Registration(descriptor, options);
}

/// A lambda as a handler. It has no state, so one instance serves everybody.
template <class Function>
class FunctionHandler final : public StepHandler {
public:
    StepResult call(StepContext& context) override { return Function{}(context); }
};

template <class Function>
Registration register_function(const char* callable, Function /*function*/) {
    static_assert(std::is_empty_v<Function>, "a TENON_STEP lambda captures nothing");
    return register_handler<FunctionHandler<Function>>(callable, {.concurrent = true});
}

inline std::uint32_t handlers(const tenon_handler* const** table) noexcept {
    *table = handler_table().data();
    return static_cast<std::uint32_t>(handler_table().size());
}

constexpr tenon_plugin describe_plugin(const char* id, const char* version) {
    tenon_plugin plugin{};
    plugin.size = sizeof plugin;
    plugin.magic = TENON_ABI_MAGIC;
    plugin.abi_major = TENON_ABI_MAJOR;
    plugin.abi_minor = TENON_ABI_MINOR;
    plugin.id = id;
    plugin.version = version;
    plugin.sdk = TENON_SDK_NAME;
    plugin.handlers = &handlers;
    return plugin;
}

}  // namespace detail
}  // namespace sdk_v1
}  // namespace tenon

/// Makes this shared object a plugin. Once per plugin, in the global namespace.
#define TENON_PLUGIN(id, version)                                              \
    TENON_NOTE_ABI_RECORD();                                                   \
    TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, id "\0" version "\0" TENON_SDK_NAME); \
    constinit const tenon_plugin tenon_plugin_v1 = ::tenon::detail::describe_plugin(id, version)

/// Declares `type`, a StepHandler, as the implementation of `callable`, optionally with
/// HandlerOptions: TENON_HANDLER("shop::Ship", ShipHandler, {.max_concurrency = 4});
#define TENON_HANDLER(callable, type, ...)                                                 \
    TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, callable);                                        \
    static const ::tenon::detail::Registration TENON_CONCAT(tenon_handler_, __COUNTER__) = \
        ::tenon::detail::register_handler<type>(callable __VA_OPT__(, ) __VA_ARGS__)

/// Declares a captureless lambda as the implementation of `callable`:
/// TENON_STEP("shop::Total", [](tenon::StepContext& step) -> tenon::StepResult { … });
#define TENON_STEP(callable, ...)                                                          \
    TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, callable);                                        \
    static const ::tenon::detail::Registration TENON_CONCAT(tenon_handler_, __COUNTER__) = \
        ::tenon::detail::register_function(callable, __VA_ARGS__)
