#include <tenon/testing.hpp>

#include <gtest/gtest.h>

TEST(Greet, NamesWhomItGreets) {
    const auto run = tenon::testing::run("@NAME@::Greet", {.context = R"({"name":"world"})"});
    EXPECT_EQ(run.result, R"("hello, world")");
}

TEST(Greet, SaysWhatIsMissing) {
    const auto run = tenon::testing::run("@NAME@::Greet", {.context = "{}"});
    ASSERT_TRUE(run.failure);
    EXPECT_EQ(run.failure->message, "context.name is required but missing");
}
