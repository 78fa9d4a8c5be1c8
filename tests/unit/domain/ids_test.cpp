#include "domain/ids.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

const auto task = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");

TEST(Ids, AStepsIdIsTheTasksWithTheStepNumberInItsLastBits) {
    EXPECT_EQ(step_id(task, 1).to_string(), "01932c07-4b5e-7a3c-9f21-6d0e5b8a0001");
    EXPECT_EQ(step_id(task, 0xBEEF).to_string(), "01932c07-4b5e-7a3c-9f21-6d0e5b8abeef");
}

TEST(Ids, EitherGivesTheOther) {
    for (const int number : {1, 255, 256, 65535}) {
        const auto step = static_cast<StepNo>(number);
        EXPECT_EQ(task_of(step_id(task, step)), task);
        EXPECT_EQ(step_no_of(step_id(task, step)), step);
    }
}

TEST(Ids, RefusesWhatIsNoUuid) {
    EXPECT_THROW(TaskId::parse("not-a-uuid"), std::runtime_error);
}

}  // namespace
}  // namespace tenon
