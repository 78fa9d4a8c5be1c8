#include <tenon/testing.hpp>

#include <gtest/gtest.h>

namespace linear {
namespace {

using tenon::testing::run;

std::string step_1(const std::string& context) {
    return run("linear::LinearStep1Handler", {.context = context}).result;
}

TEST(Linear, ComputesTheDocumentedChain) {
    EXPECT_EQ(step_1(R"({"even_number":6})"), "36");
    EXPECT_EQ(
        run("linear::LinearStep2Handler", {.dependencies = {{"linear_step_1", "36"}}}).result, "46"
    );
    EXPECT_EQ(
        run("linear::LinearStep3Handler", {.dependencies = {{"linear_step_2", "46"}}}).result, "138"
    );
    EXPECT_EQ(
        run("linear::LinearStep4Handler", {.dependencies = {{"linear_step_3", "138"}}}).result, "69"
    );
}

TEST(Linear, TakesItsConstantsFromTheTemplate) {
    EXPECT_EQ(
        run("linear::LinearStep2Handler",
            {.initialization = R"({"operation":"add","constant":-6})",
             .dependencies = {{"linear_step_1", "36"}}}
        ).result,
        "30"
    );
    EXPECT_EQ(
        run("linear::LinearStep3Handler",
            {.initialization = R"({"factor":5})", .dependencies = {{"linear_step_2", "30"}}}
        ).result,
        "150"
    );
    EXPECT_EQ(
        run("linear::LinearStep4Handler",
            {.initialization = R"({"divisor":3})", .dependencies = {{"linear_step_3", "150"}}}
        ).result,
        "50"
    );
}

TEST(Linear, WritesWhatADoubleCannotHoldAsAString) {
    EXPECT_EQ(step_1(R"({"even_number":94906266})"), R"("9007199326062756")");
    EXPECT_EQ(
        run("linear::LinearStep2Handler",
            {.dependencies = {{"linear_step_1", R"("9007199326062756")"}}}
        ).result,
        R"("9007199326062766")"
    );
}

TEST(Linear, RefusesBadInputForGoodAndNamesTheField) {
    const std::vector<std::pair<std::string, std::string>> refusals{
        {R"({})", "context.even_number is required but missing"},
        {R"({"even_number":7})", "context.even_number is 7: expected a positive even integer"},
        {R"({"even_number":0})", "context.even_number is 0: expected a positive even integer"},
        {R"({"even_number":-6})", "context.even_number is -6: expected a positive even integer"},
        {R"({"even_number":6.5})", "context.even_number is 6.5: expected an integer"},
        {R"({"even_number":"6"})", "context.even_number is \"6\": expected an integer"},
        {R"({"even_number":null})", "context.even_number is null: expected an integer"},
        {R"({"even_number":18446744073709551616})",
         "context.even_number is 18446744073709551616: expected an integer of 64 bits"},
        {R"({"even_number":4294967296})",
         "context.even_number is too large: its square leaves the 64-bit range"},
        {R"([6])", "context is [6]: expected an object"},
    };
    for (const auto& [context, message] : refusals) {
        const auto failed = run("linear::LinearStep1Handler", {.context = context});
        ASSERT_TRUE(failed.failure) << context << " gave " << failed.result;
        EXPECT_EQ(failed.status, TENON_FAILED);
        EXPECT_EQ(failed.failure->code, "VALIDATION_ERROR");
        EXPECT_EQ(failed.failure->retryable, false);
        EXPECT_EQ(failed.failure->message, message);
    }
}

TEST(Linear, RefusesToOverflowInLaterSteps) {
    const auto sum =
        run("linear::LinearStep2Handler",
            {.dependencies = {{"linear_step_1", "9223372036854775800"}}});
    ASSERT_TRUE(sum.failure);
    EXPECT_EQ(
        sum.failure->message,
        "context.even_number is too large: linear_step_1 + constant leaves the 64-bit range"
    );
    const auto product =
        run("linear::LinearStep3Handler",
            {.dependencies = {{"linear_step_2", "4611686018427387904"}}});
    ASSERT_TRUE(product.failure);
    EXPECT_EQ(product.failure->code, "VALIDATION_ERROR");
    EXPECT_EQ(product.failure->retryable, false);
}

TEST(Linear, RefusesToDivideByZero) {
    const auto failed =
        run("linear::LinearStep4Handler",
            {.initialization = R"({"divisor":0})", .dependencies = {{"linear_step_3", "138"}}});
    ASSERT_TRUE(failed.failure);
    EXPECT_EQ(
        failed.failure->message, "initialization.divisor is 0: expected a divisor other than 0"
    );
}

}  // namespace
}  // namespace linear
