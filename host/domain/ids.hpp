#pragma once

#include "foundation/strong_id.hpp"

#include <cstdint>

namespace tenon {

using TaskId = StrongId<struct Task>;
using StepId = StrongId<struct Step>;
using CorrelationId = StrongId<struct Correlation>;
using DeadLetterId = StrongId<struct DeadLetter>;

/// A step's number within its task, from 1, in topological order: a successor's number is always
/// the greater one.
using StepNo = std::uint16_t;

/// The database's number of one immutable template version.
enum class TemplateId : std::int32_t {};

/// The database's number of one start of one host process.
enum class HostId : std::int32_t {};

/// The step's UUID: the task's, with the step number in the last 16 bits, which are zero in the
/// id of every task.
StepId step_id(TaskId task, StepNo step_no) noexcept;

/// The task a step belongs to: the inverse of `step_id`.
TaskId task_of(StepId step) noexcept;

/// The number of a step within its task: the inverse of `step_id`.
StepNo step_no_of(StepId step) noexcept;

}  // namespace tenon
