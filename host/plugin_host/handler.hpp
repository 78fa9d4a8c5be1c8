#pragma once

#include "domain/step/step_outcome.hpp"

#include <tenon/abi/plugin.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

class Generation;

/// The result of a direct dependency, as raw JSON text.
struct DependencyView {
    std::string_view name;
    std::string_view result_json;
};

/// What came of saving a checkpoint.
enum class CheckpointStatus {
    saved,        ///< It is durable.
    not_ours,     ///< The attempt belongs to nobody or to another host by now.
    unavailable,  ///< The database is away.
};

/// What a call may ask of the host while it runs. One object per call, implemented by the worker;
/// `cancel_reason` and `log` may be called from any thread of the plugin, the rest from the thread
/// that runs the call.
class CallServices {
public:
    virtual ~CallServices() = default;

    /// The result of any ancestor as JSON text, or nothing when there is no such ancestor. May
    /// block, and may throw.
    virtual std::optional<std::string> result_of(std::string_view step_name) = 0;

    /// One of TENON_CANCEL_*; TENON_NOT_CANCELLED while the call should go on.
    virtual std::int32_t cancel_reason() const noexcept = 0;

    /// A descriptor that becomes readable when the call should stop, and stays so; -1 when none
    /// could be made. It belongs to the host, which closes it after the call.
    virtual int cancel_descriptor() noexcept = 0;

    /// Stores checked JSON as the step's checkpoint. Blocks for a commit.
    virtual CheckpointStatus save_checkpoint(std::string_view json) = 0;

    /// A sign of life: `fraction` from 0 to 1, or nothing where the handler does not know, and
    /// clean text. False when the call should stop.
    virtual bool beat(std::optional<double> fraction, std::string message) = 0;

    /// Keeps what an event says, checked JSON, until the outcome is settled. False when the step
    /// declares no event of this name.
    virtual bool publish(std::string_view /*name*/, std::string_view /*payload_json*/) {
        return false;
    }

    /// One line of log: level (TENON_LOG_*), valid UTF-8, and a JSON object or nothing.
    virtual void log(
        std::int32_t level,
        std::string_view message,
        std::string_view fields_json
    ) = 0;
};

/// One attempt at one step, as a handler is given it. Borrows everything until invoke() returns.
struct StepCall {
    std::string_view method = "call";
    std::string_view task_uuid;
    std::string_view step_uuid;
    std::string_view step_name;
    std::string_view namespace_name;
    std::string_view correlation_id;
    std::uint32_t attempt = 1;  ///< From 1.
    std::uint32_t max_attempts = 1;
    std::string_view context_json;
    std::string_view initialization_json;
    std::string_view checkpoint_json;  ///< Empty without a checkpoint.
    std::span<const DependencyView> dependencies;
    std::int64_t deadline_mono_ns = 0;  ///< CLOCK_MONOTONIC; 0: none.
    CallServices* services = nullptr;
};

/// The names in `tenon_handler.methods`; "call" when there is none.
std::vector<std::string> split_methods(const char* methods);

/// A callable of a loaded plugin, ready to be invoked. Holding one keeps its generation.
/// [any-thread]
class Handler {
public:
    /// What its author says of it.
    struct Traits {
        std::string callable;
        std::vector<std::string> methods{"call"};
        std::uint32_t max_concurrency = 0;

        bool operator==(const Traits&) const = default;
    };

    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler();

    const std::string& callable() const noexcept { return traits_.callable; }

    /// Calls at a time that its author allows in one host; 0: no limit.
    std::uint32_t max_concurrency() const noexcept { return traits_.max_concurrency; }

    /// The methods it serves; "call" when its author named none.
    const std::vector<std::string>& methods() const noexcept { return traits_.methods; }

    bool serves(std::string_view method) const noexcept;

    /// The plugin and build it belongs to.
    const Generation& generation() const noexcept { return *generation_; }

    /// Runs the handler on this thread and returns what came of it: checked JSON, or a failure
    /// with valid, bounded texts. Whatever the handler throws ends here.
    StepOutcome invoke(const StepCall& step) const noexcept;

protected:
    Handler(std::shared_ptr<const Generation> generation, Traits traits);

private:
    virtual StepOutcome attempt(const StepCall& step) const noexcept = 0;

    std::shared_ptr<const Generation> generation_;
    Traits traits_;
};

}  // namespace tenon::plugin_host
