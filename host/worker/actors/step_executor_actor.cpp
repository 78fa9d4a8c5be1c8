#include "worker/actors/step_executor_actor.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace tenon::worker {

void StepExecutorActor::handle(ExecuteSteps command) {
    auto& steps = command.steps;
    const auto foreign = std::stable_partition(steps.begin(), steps.end(), [this](const auto& step) {
        return can_run(step.template_id);
    });
    if (foreign != steps.end()) {
        pump_.inbox().give_back({foreign, steps.end()});
        steps.erase(foreign, steps.end());
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
