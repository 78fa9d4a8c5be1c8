#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/runner/remote_call.hpp"
#include "plugin_host/runner/runner_generation.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tenon::plugin_host {

/// A callable of a build that runs in runners.
class RunnerHandler final : public Handler {
public:
    /// The one of this number in what the runners said hello with.
    RunnerHandler(
        std::shared_ptr<const RunnerGeneration> generation,
        std::uint32_t number,
        Traits traits
    );

private:
    StepOutcome attempt(const StepCall& step) const noexcept override;
    StepOutcome run(const StepCall& step) const;
    StepFailure not_begun(const std::string& why, const StepCall& step) const;
    StepFailure explain(const RemoteCall::Lost& lost, RunnerProcess& process) const;
    StepFailure crashed(const RemoteCall::Lost& lost, RunnerProcess& process) const;

    const RunnerGeneration& home_;  // Owned by the base.
    const std::uint32_t number_;
};

}  // namespace tenon::plugin_host
