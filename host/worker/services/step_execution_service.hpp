#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/step/step_outcome.hpp"
#include "worker/services/template_cache.hpp"

#include <functional>

namespace tenon::worker {

/// Runs one claimed step to its outcome. [any-thread]
class StepExecutionService {
public:
    /// Told when a handler is about to begin; for benchmarks and tests. May be empty.
    using OnStart = std::function<void(const ClaimedStep&)>;

    StepExecutionService(
        TemplateCache& templates,
        database::StepRepository& steps,
        OnStart on_start
    )
        : templates_(templates), steps_(steps), on_start_(std::move(on_start)) {}

    /// Calls the handler on this thread and returns what is to be settled. Never throws: whatever
    /// goes wrong becomes a failure of the step, or gives it back when it did not begin.
    SettledStep execute(ClaimedStep step) noexcept;

private:
    void run(const ClaimedStep& step, SettledStep& settled);

    TemplateCache& templates_;
    database::StepRepository& steps_;
    const OnStart on_start_;
};

}  // namespace tenon::worker
