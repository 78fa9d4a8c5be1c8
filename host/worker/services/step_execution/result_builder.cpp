#include "worker/services/step_execution/result_builder.hpp"

#include <string>
#include <utility>

namespace tenon::worker {

ResultBuilder::ResultBuilder(const ClaimedStep& step)
    : settled_{
          .task = step.task,
          .step_no = step.step_no,
          .attempt = step.attempt,
          .outcome = GivenBack{},
          .execution_time = {}
      } {}

void ResultBuilder::ended(SettledOutcome outcome, std::chrono::microseconds execution_time) {
    settled_.outcome = std::move(outcome);
    settled_.execution_time = execution_time;
}

void ResultBuilder::host_failed(std::string_view what) {
    settled_.outcome = StepFailure{
        .message = std::string(what),
        .error_type = "HostError",
        .error_code = "HOST_ERROR",
        .context_json = {},
        .retryable = std::nullopt,
        .retry_after = std::nullopt
    };
}

SettledStep ResultBuilder::build() && {
    return std::move(settled_);
}

}  // namespace tenon::worker
