#include "worker/actors/ffi_completion_actor.hpp"

#include "foundation/fault_point.hpp"
#include "worker/services/completion/result_sender.hpp"

#include <utility>

namespace tenon::worker {

std::monostate FfiCompletionActor::handle(ProcessStepCompletion command) {
    if (!command.outcome) {
        sender_.discard(command.step);
        return {};
    }
    fault_point("completion.begun");
    sender_.send(*std::move(command.outcome));
    fault_point("completion.handed_over");
    return {};
}

bool FfiCompletionActor::handle(SendStepResult command) {
    return sender_.send_instead(std::move(command.step));
}

}  // namespace tenon::worker
