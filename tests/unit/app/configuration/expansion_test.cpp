// Variables within texts, as a shell would put them in, and what is refused.

#include "app/configuration/expansion.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

const Variables variables{{"NAME", "tenon"}, {"EMPTY", ""}, {"ODD", "${NAME}"}};

std::string expanded(std::string_view text) {
    const auto result = expand(text, variables);
    const auto* fault = std::get_if<Fault>(&result);
    return fault == nullptr ? std::get<Expanded>(result).text : "fault: " + fault->sentence;
}

TEST(ExpansionTest, PutsInWhatAVariableHolds) {
    EXPECT_EQ(expanded("${NAME}"), "tenon");
    EXPECT_EQ(expanded("a-${NAME}-b${NAME}"), "a-tenon-btenon");
    EXPECT_EQ(expanded("${EMPTY}"), "");
}

TEST(ExpansionTest, TakesTheDefaultOfWhatIsUnsetOrEmpty) {
    EXPECT_EQ(expanded("${NONE:-8080}"), "8080");
    EXPECT_EQ(expanded("${EMPTY:-8080}"), "8080");
    EXPECT_EQ(expanded("${NAME:-8080}"), "tenon");
    EXPECT_EQ(expanded("${NONE:-}"), "");
    EXPECT_EQ(expanded("${NONE:-a:-b}"), "a:-b");
}

TEST(ExpansionTest, LeavesOtherDollarsAlone) {
    EXPECT_EQ(expanded("$"), "$");
    EXPECT_EQ(expanded("a$b"), "a$b");
    EXPECT_EQ(expanded("$${NAME}"), "${NAME}");
    EXPECT_EQ(expanded("5$$"), "5$");
}

TEST(ExpansionTest, DoesNotLookAgainAtWhatItPutIn) {
    EXPECT_EQ(expanded("${ODD}"), "${NAME}");
}

TEST(ExpansionTest, SaysWhetherThereWasSomethingToExpand) {
    EXPECT_TRUE(std::get<Expanded>(expand("${NAME}", variables)).changed);
    EXPECT_FALSE(std::get<Expanded>(expand("$$x", variables)).changed);
}

TEST(ExpansionTest, RefusesWhatItCannotExpand) {
    EXPECT_EQ(expanded("${NONE}"), "fault: the variable NONE is not set");
    EXPECT_EQ(expanded("${NAME"), "fault: '${' has no '}'");
    EXPECT_EQ(expanded("${}"), "fault: '${}' names no variable");
    EXPECT_EQ(expanded("${1A}"), "fault: '${1A}' names no variable");
    EXPECT_EQ(expanded("${A B:-c}"), "fault: '${A B:-c}' names no variable");
    const auto fault = std::get<Fault>(expand("${NONE}", variables));
    EXPECT_EQ(fault.fix, "set it, or give a default: ${NONE:-default}");
}

}  // namespace
}  // namespace tenon::app
