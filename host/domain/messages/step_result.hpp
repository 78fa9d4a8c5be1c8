#pragma once

#include "domain/ids.hpp"

#include <string>

namespace tenon {

/// What came of a step, as a message says it.
struct StepResult {
    TaskId task;
    StepNo step_no = 0;
    /// A JSON object with `status`, and `result` or `error`, from a worker that does not write
    /// steps itself; empty when the outcome is in the step's row.
    std::string outcome_json;
};

}  // namespace tenon
