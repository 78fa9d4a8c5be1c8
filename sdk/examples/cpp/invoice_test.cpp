#include <tenon/testing.hpp>

#include <gtest/gtest.h>

TEST(Total, AddsThePricesUp) {
    const auto run = tenon::testing::run("invoice::Total", {.context = R"({"prices":[995,5]})"});
    EXPECT_EQ(run.result, "1000");
    ASSERT_EQ(run.logs.size(), 1U);
    EXPECT_EQ(run.logs.front().message, "added 2 prices");
}

TEST(Total, NamesTheFieldThatIsWrong) {
    const auto run = tenon::testing::run("invoice::Total", {.context = R"({"prices":[1,"2"]})"});
    ASSERT_TRUE(run.failure);
    EXPECT_NE(run.failure->message.find("context.prices[1]"), std::string::npos);
}

TEST(Total, RefusesANegativePriceForGood) {
    const auto run = tenon::testing::run("invoice::Total", {.context = R"({"prices":[-1]})"});
    ASSERT_TRUE(run.failure);
    EXPECT_EQ(run.failure->code, "PRICE_REFUSED");
}

TEST(Receipt, SaysWhatTheStepBeforeFound) {
    const auto run = tenon::testing::run("invoice::Receipt", {.dependencies = {{"total", "1005"}}});
    EXPECT_EQ(run.result, R"("to pay: 10.05 EUR")");
}
