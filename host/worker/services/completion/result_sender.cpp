#include "worker/services/completion/result_sender.hpp"

#include "foundation/telemetry/log.hpp"

#include <utility>

namespace tenon::worker {

bool ResultSender::send_instead(SettledStep step) {
    if (!inbox_.holds(step_id(step.task, step.step_no))) {
        return false;
    }
    inbox_.hold_slot();
    inbox_.add(std::move(step));
    return true;
}

void ResultSender::discard(StepId step) {
    inbox_.release_slot();
    log::warning(
        "worker",
        "the handler of step " + step.to_string() +
            " ended after it had been given up; what it made is ignored"
    );
}

}  // namespace tenon::worker
