#include "domain/ids.hpp"

namespace tenon {

StepId step_id(TaskId task, StepNo step_no) noexcept {
    auto bytes = task.value();
    bytes.data[14] = static_cast<std::uint8_t>(step_no >> 8U);
    bytes.data[15] = static_cast<std::uint8_t>(step_no & 0xFFU);
    return StepId(bytes);
}

TaskId task_of(StepId step) noexcept {
    auto bytes = step.value();
    bytes.data[14] = 0;
    bytes.data[15] = 0;
    return TaskId(bytes);
}

StepNo step_no_of(StepId step) noexcept {
    const auto& bytes = step.value();
    return static_cast<StepNo>((bytes.data[14] << 8U) | bytes.data[15]);
}

}  // namespace tenon
