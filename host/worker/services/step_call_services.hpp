#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/event/event_declaration.hpp"
#include "domain/step/step_outcome.hpp"
#include "plugin_host/handler.hpp"
#include "worker/dispatch/running_steps.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::worker {

/// What a running handler may ask of the host. One per call, used from the handler's thread.
class StepCallServices final : public plugin_host::CallServices {
public:
    /// What they reach.
    struct Host {
        HostId id{};
        database::StepRepository& steps;
        RunningSteps& running;
    };

    /// `self` is the call in `host.running`.
    StepCallServices(
        const ClaimedStep& step,
        std::span<const plugin_host::DependencyView> dependencies,
        const Host& host,
        RunningStep& self,
        std::span<const EventDeclaration> declared = {}
    )
        : step_(step), dependencies_(dependencies), host_(host), self_(self), declared_(declared) {}

    /// Direct dependencies are at hand; further ancestors cost one query.
    std::optional<std::string> result_of(std::string_view step_name) override;
    std::int32_t cancel_reason() const noexcept override;
    int cancel_descriptor() noexcept override;

    /// While the database is away it is tried again for two seconds, unless the call should stop.
    plugin_host::CheckpointStatus save_checkpoint(std::string_view json) override;
    bool beat(std::optional<double> fraction, std::string message) override;
    bool publish(std::string_view name, std::string_view payload_json) override;
    void log(std::int32_t level, std::string_view message, std::string_view fields_json) override;

    /// True once a checkpoint was stored that differs from the one the call began with.
    bool moved() const noexcept { return moved_; }

    /// What was published, a JSON array of {name, payload}, or nothing.
    std::string events_json() const { return events_.empty() ? events_ : events_ + ']'; }

private:
    const ClaimedStep& step_;
    std::span<const plugin_host::DependencyView> dependencies_;
    const Host host_;
    RunningStep& self_;
    bool moved_ = false;
    std::span<const EventDeclaration> declared_;
    std::string events_;
};

}  // namespace tenon::worker
