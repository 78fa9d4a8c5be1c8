#pragma once

#include "worker/commands/step_completion_command.hpp"

#include <string_view>

namespace tenon::worker {

class ResultSender;

/// Owns the end of steps: whatever a handler, or the host in its place, made of one. [any-thread]
class FfiCompletionActor {
public:
    /// The sender must outlive the actor.
    explicit FfiCompletionActor(ResultSender& sender) : sender_(sender) {}

    static std::string_view name() noexcept { return "FfiCompletionActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    std::monostate handle(ProcessStepCompletion command);
    bool handle(SendStepResult command);

private:
    ResultSender& sender_;
};

}  // namespace tenon::worker
