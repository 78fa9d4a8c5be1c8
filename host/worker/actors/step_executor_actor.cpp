#include "worker/actors/step_executor_actor.hpp"

#include "foundation/telemetry/log.hpp"

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace tenon::worker {

void StepExecutorActor::handle(ExecuteSteps command) {
    auto& steps = command.steps;
    std::vector<ClaimedStep> foreign;
    std::erase_if(steps, [&](ClaimedStep& step) {
        if (can_run(step.template_id)) {
            return false;
        }
        foreign.push_back(std::move(step));
        return true;
    });
    if (!foreign.empty()) {
        pump_.inbox().give_back(foreign);
    }
    handlers_.push(std::move(steps));
}

bool StepExecutorActor::can_run(TemplateId id) {
    std::string reason;
    try {
        const auto known = templates_.get(id);
        if (known->runnable()) {
            return true;
        }
        const auto& definition = known->compiled.source();
        reason = definition.namespace_name + "/" + definition.name + "@" + definition.version;
        for (const auto& sentence : known->unresolved) {
            reason += "; " + sentence;
        }
    } catch (const std::exception& error) {
        reason = error.what();
    }
    if (pump_.refuse(id)) {
        log::warning("step executor", "steps are left to other hosts: " + reason);
    }
    return false;
}

}  // namespace tenon::worker
