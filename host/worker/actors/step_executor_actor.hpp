#pragma once

#include "worker/commands/worker_command.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/services/step_pump.hpp"
#include "worker/services/template_cache.hpp"

namespace tenon::worker {

/// Owns the start of steps: what the pump claimed goes to a handler thread, unless this host cannot
/// run its template; then it goes back, and that template's steps are left to other hosts.
/// [any-thread]
class StepExecutorActor {
public:
    StepExecutorActor(TemplateCache& templates, HandlerPool& handlers, StepPump& pump)
        : templates_(templates), handlers_(handlers), pump_(pump) {}

    void handle(ExecuteSteps command);

private:
    bool can_run(TemplateId id);

    TemplateCache& templates_;
    HandlerPool& handlers_;
    StepPump& pump_;
};

}  // namespace tenon::worker
