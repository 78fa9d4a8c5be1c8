#include "domain/deployment_mode.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(DeploymentMode, IsReadBackFromItsName) {
    for (const auto mode :
         {DeploymentMode::polling_only, DeploymentMode::hybrid, DeploymentMode::event_driven_only
         }) {
        EXPECT_EQ(parse_deployment_mode(to_string(mode)), mode);
    }
    EXPECT_EQ(to_string(DeploymentMode::polling_only), "PollingOnly");
}

TEST(DeploymentMode, HasNoOtherSpellings) {
    for (const auto* text : {"", "hybrid", "polling_only", "Hybrid ", "Polling"}) {
        EXPECT_EQ(parse_deployment_mode(text), std::nullopt) << text;
    }
}

TEST(DeploymentMode, OnlyPollingDoesWithoutNotifications) {
    EXPECT_FALSE(uses_notifications(DeploymentMode::polling_only));
    EXPECT_TRUE(uses_notifications(DeploymentMode::hybrid));
    EXPECT_TRUE(uses_notifications(DeploymentMode::event_driven_only));
}

}  // namespace
}  // namespace tenon
