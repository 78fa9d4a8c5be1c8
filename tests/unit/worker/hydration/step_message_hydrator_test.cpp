#include "worker/hydration/step_message_hydrator.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tenon::worker {
namespace {

const std::string task = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
const std::string step = "0192f0c1-7a5b-7c3d-8e9f-123456780003";
const std::string other = "0192f0c1-7a5b-7c3d-8e9f-99999999000a";

Result<database::NamedStep> hydrate(const std::string& text) {
    return StepMessageHydrator{}.hydrate({.id = 1, .read_count = 1, .text = text});
}

std::string refusal_of(const std::string& text) {
    const auto content = hydrate(text);
    return content ? "accepted" : content.error().detail;
}

TEST(StepMessageHydrator, TakesWhatTheDatabaseSends) {
    const auto content = hydrate(
        R"({"task_uuid": ")" + task + R"(", "step_uuid": ")" + step + R"(", "correlation_id": ")" +
        other + R"("})"
    );
    ASSERT_TRUE(content) << content.error().detail;
    EXPECT_EQ(content->task.to_string(), task);
    EXPECT_EQ(content->step_no, 3);
    ASSERT_TRUE(content->correlation);
    EXPECT_EQ(content->correlation->to_string(), other);
    EXPECT_FALSE(content->message) << "only whoever read it knows its number";
}

TEST(StepMessageHydrator, NeedsTheStepOnly) {
    const auto content = hydrate(R"({"step_uuid": ")" + step + R"(", "correlation_id": null})");
    ASSERT_TRUE(content) << content.error().detail;
    EXPECT_EQ(content->task.to_string(), task);
    EXPECT_EQ(content->step_no, 3);
    EXPECT_FALSE(content->correlation);
}

TEST(StepMessageHydrator, RefusesWithASentence) {
    EXPECT_EQ(refusal_of("7"), "the message must be a JSON object, not 7");
    EXPECT_EQ(refusal_of("{}"), "'step_uuid' is missing in the message; it is required");
    EXPECT_EQ(
        refusal_of(R"({"step_uuid": ")" + task + R"("})"),
        "'step_uuid' " + task + " is the UUID of a task, not of a step of it"
    );
    EXPECT_EQ(
        refusal_of(R"({"step_uuid": "three"})"),
        "'step_uuid' of the message must be a UUID such as 0192f0c1-7a5b-7c3d-8e9f-123456780000, "
        "not \"three\""
    );
    EXPECT_EQ(
        refusal_of(R"({"task_uuid": ")" + step + R"(", "step_uuid": ")" + step + R"("})"),
        "'task_uuid' " + step + " is not the UUID of a task, which ends in 0000; is it a step's?"
    );
    EXPECT_EQ(
        refusal_of(R"({"task_uuid": ")" + task + R"(", "step_uuid": ")" + other + R"("})"),
        "'step_uuid' " + other + " is not a step of task " + task
    );
    EXPECT_EQ(
        refusal_of(R"({"step_uuid": ")" + step + R"(", "correlation_id": 5})"),
        "'correlation_id' of the message must be a UUID such as "
        "0192f0c1-7a5b-7c3d-8e9f-123456780000, not 5"
    );
    EXPECT_EQ(
        refusal_of(R"({"step_uid": ")" + step + R"("})"),
        "unknown member 'step_uid' in the message (did you mean 'step_uuid'?); the known ones are "
        "task_uuid, step_uuid, correlation_id"
    );
}

TEST(StepMessageHydrator, SurvivesWhatNobodyShouldSend) {
    EXPECT_NE(refusal_of(std::string(100'000, '[')), "accepted");
    EXPECT_NE(refusal_of(R"({"step_uuid": "\u0000"})"), "accepted");
    EXPECT_NE(refusal_of("{\"step_uuid\": \"\xff\"}"), "accepted");
    EXPECT_EQ(
        refusal_of(R"({"step_uuid": ")" + step + R"(", "step_uuid": ")" + step + R"("})"),
        "'step_uuid' is given twice in the message; give it once"
    );
}

}  // namespace
}  // namespace tenon::worker
