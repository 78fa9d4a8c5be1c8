#include "domain/messages/intervention.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(StepActions, AreReadBackAsTheyAreSpelled) {
    for (const auto action : all_step_actions) {
        EXPECT_EQ(parse_step_action(to_string(action)), action);
    }
    EXPECT_EQ(to_string(StepAction::reset_for_retry), "reset_for_retry");
    EXPECT_EQ(to_string(StepAction::resolve_manually), "resolve_manually");
    EXPECT_EQ(to_string(StepAction::complete_manually), "complete_manually");
    EXPECT_EQ(parse_step_action("Reset_For_Retry"), std::nullopt);
    EXPECT_EQ(parse_step_action(""), std::nullopt);
}

TEST(ResolutionStatuses, AreReadBackAsTheyAreSpelled) {
    for (const auto status : all_resolution_statuses) {
        EXPECT_EQ(parse_resolution_status(to_string(status)), status);
    }
    EXPECT_EQ(to_string(ResolutionStatus::manually_resolved), "manually_resolved");
    EXPECT_EQ(parse_resolution_status("resolved"), std::nullopt);
    EXPECT_EQ(parse_resolution_status("unknown"), std::nullopt);
}

}  // namespace
}  // namespace tenon
