#include <tenon/testing.hpp>

#include <gtest/gtest.h>

namespace diamond {
namespace {

using tenon::testing::Run;
using tenon::testing::run;

Run start(const std::string& number) {
    return run("diamond::DiamondStartHandler", {.context = R"({"even_number":)" + number + "}"});
}

Run end(const std::string& b, const std::string& c) {
    return run(
        "diamond::DiamondEndHandler",
        {.dependencies = {{"diamond_branch_b", b}, {"diamond_branch_c", c}}}
    );
}

TEST(Diamond, ComputesTheDocumentedDiamond) {
    EXPECT_EQ(start("6").result, "36");
    for (const auto* branch :
         {"diamond::DiamondBranchBHandler", "diamond::DiamondBranchCHandler"}) {
        EXPECT_EQ(run(branch, {.dependencies = {{"diamond_start", "36"}}}).result, "1296");
    }
    EXPECT_EQ(end("1296", "1296").result, "2821109907456");
}

TEST(Diamond, IsExactUpToTheLargestInputThatFits) {
    EXPECT_EQ(end("38416", "38416").result, R"("2177953337809371136")");  // 14^16
}

TEST(Diamond, FailsForGoodWhereTheResultDoesNotFit) {
    const auto failed = end("65536", "65536");  // 16^16 = 2^64
    ASSERT_TRUE(failed.failure) << failed.result;
    EXPECT_EQ(failed.failure->code, "VALIDATION_ERROR");
    EXPECT_EQ(failed.failure->retryable, false);
    EXPECT_EQ(
        failed.failure->message,
        "context.even_number is too large: the square of their product leaves the 64-bit range"
    );
}

TEST(Diamond, RefusesOddNegativeAndMissingNumbers) {
    for (const auto* number : {"7", "0", "-2", "2.5", "\"6\"", "[6]"}) {
        const auto failed = start(number);
        ASSERT_TRUE(failed.failure) << number;
        EXPECT_EQ(failed.failure->code, "VALIDATION_ERROR");
        EXPECT_EQ(failed.failure->retryable, false);
        EXPECT_NE(failed.failure->message.find("even_number"), std::string::npos);
    }
    const auto missing = run("diamond::DiamondStartHandler");
    ASSERT_TRUE(missing.failure);
    EXPECT_EQ(missing.failure->message, "context.even_number is required but missing");
}

}  // namespace
}  // namespace diamond
