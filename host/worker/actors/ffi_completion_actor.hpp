#pragma once

#include "foundation/fault_point.hpp"
#include "worker/commands/worker_command.hpp"
#include "worker/services/step_pump.hpp"

#include <utility>

namespace tenon::worker {

/// Owns the end of steps: whatever a handler made of one goes to the pump. [any-thread]
class FfiCompletionActor {
public:
    explicit FfiCompletionActor(StepPump& pump) : pump_(pump) {}

    void handle(ProcessStepCompletion command) {
        fault_point("completion.begun");
        pump_.inbox().add(std::move(command.step));
        fault_point("completion.handed_over");
    }

private:
    StepPump& pump_;
};

}  // namespace tenon::worker
