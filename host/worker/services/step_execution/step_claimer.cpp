#include "worker/services/step_execution/step_claimer.hpp"

#include "foundation/error.hpp"

#include <future>
#include <memory>
#include <utility>

namespace tenon::worker {

NamedClaim::Answer StepClaimer::claim(std::vector<database::NamedStep> steps, std::string queue) {
    if (steps.empty()) {
        return {};
    }
    const auto claim = std::make_shared<NamedClaim>(std::move(steps), std::move(queue));
    auto answer = claim->answer.get_future();
    if (!inbox_.ask(claim)) {
        const auto slots = std::to_string(inbox_.slots());
        throw Exception(
            {ErrorCode::unavailable,
             inbox_.takes_steps() ? "all " + slots + " handler slots are taken; try again"
                                  : "this worker takes no more steps"}
        );
    }
    if (answer.wait_for(patience_) == std::future_status::timeout && inbox_.withdraw(claim)) {
        throw Exception(
            {ErrorCode::unavailable,
             "no slot or no connection of the step path got free within " +
                 std::to_string(patience_.count()) + " ms; try again"}
        );
    }
    return answer.get();
}

}  // namespace tenon::worker
