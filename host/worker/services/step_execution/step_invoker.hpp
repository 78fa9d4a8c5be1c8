#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/step/step_outcome.hpp"
#include "worker/dispatch/running_steps.hpp"
#include "worker/services/step_execution/result_builder.hpp"
#include "worker/services/template_cache.hpp"

#include <functional>
#include <optional>

namespace tenon::worker {

/// Calls the handler of one claimed step. [any-thread]
class StepInvoker {
public:
    /// Told when a handler is about to begin; for benchmarks and tests. May be empty.
    using OnStart = std::function<void(const ClaimedStep&)>;

    StepInvoker(
        TemplateCache& templates,
        database::StepRepository& steps,
        RunningSteps& running,
        HostId host_id,
        OnStart on_start
    )
        : templates_(templates),
          steps_(steps),
          running_(running),
          host_id_(host_id),
          on_start_(std::move(on_start)) {}

    /// Calls the handler on this thread and returns what is to be settled: nothing when it took so
    /// long that its step was settled in its place. Never throws: whatever goes wrong becomes a
    /// failure of the step, or gives it back when it did not begin.
    std::optional<SettledStep> invoke(ClaimedStep step) noexcept;

private:
    bool run(const ClaimedStep& step, ResultBuilder& result);
    bool call(const ClaimedStep& step, const RunnableTemplate& known, ResultBuilder& result);

    TemplateCache& templates_;
    database::StepRepository& steps_;
    RunningSteps& running_;
    const HostId host_id_;
    const OnStart on_start_;
};

}  // namespace tenon::worker
