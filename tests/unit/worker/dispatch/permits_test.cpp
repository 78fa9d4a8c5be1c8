#include "worker/dispatch/permits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TemplateId mixed{7};   // Step 1 limited by its author, 2 not, 3 of the same plugin as 1.
constexpr TemplateId broken{8};  // Nothing can be said about it.

std::vector<Permits::Handler> describe(TemplateId id) {
    if (id == broken) {
        throw std::runtime_error("template 8 cannot be read");
    }
    return {
        {.callable = "a::Limited", .plugin = "a", .declared = 2},
        {.callable = "b::Free", .plugin = "b", .declared = 0},
        {.callable = "a::Free", .plugin = "a", .declared = 0},
    };
}

class PermitsTest : public ::testing::Test {
protected:
    ClaimedStep step(StepNo number, TemplateId of = mixed) {
        ClaimedStep made;
        made.task = TaskId::parse("0190b5a0-0000-7000-8000-000000000000");
        made.step_no = number;
        made.attempt = ++attempts_;
        made.template_id = of;
        return made;
    }

    static StepAttempt attempt(const ClaimedStep& step) {
        return {.task = step.task, .step_no = step.step_no, .attempt = step.attempt};
    }

    /// Admits so many calls of a step; how many found no permit.
    std::size_t admit(Permits& permits, StepNo number, int count) {
        std::vector<ClaimedStep> claimed;
        for (int i = 0; i < count; ++i) {
            claimed.push_back(step(number));
        }
        const auto surplus = permits.admit(claimed);
        for (const auto& taken : claimed) {
            running_.push_back(attempt(taken));
        }
        EXPECT_EQ(claimed.size() + surplus.size(), static_cast<std::size_t>(count));
        return surplus.size();
    }

    int attempts_ = 0;
    std::vector<StepAttempt> running_;
};

TEST_F(PermitsTest, WithoutALimitNothingIsOffered) {
    Permits permits({}, [](TemplateId) {
        return std::vector<Permits::Handler>{{.callable = "b::Free", .plugin = "b"}};
    });
    EXPECT_EQ(admit(permits, 1, 500), 0U);
    EXPECT_EQ(permits.offer(10).json, "");
    EXPECT_THAT(permits.usage(), IsEmpty());
}

TEST_F(PermitsTest, NoMoreCallsAtOnceThanTheAuthorAllows) {
    Permits permits({}, describe);
    EXPECT_EQ(admit(permits, 1, 5), 3U);
    EXPECT_EQ(admit(permits, 2, 5), 0U) << "another handler is not concerned";
    permits.release(running_.front());
    EXPECT_EQ(admit(permits, 1, 2), 1U);
    ASSERT_THAT(permits.usage(), SizeIs(1));
    EXPECT_EQ(permits.usage()[0].name, "a::Limited");
    EXPECT_EQ(permits.usage()[0].limit, 2);
    EXPECT_EQ(permits.usage()[0].held, 2);
}

TEST_F(PermitsTest, TheOperatorLowersTheBoundAndDoesNotRaiseIt) {
    Permits lowered({.plugins = {}, .handlers = {{"a::Limited", 1}}}, describe);
    EXPECT_EQ(admit(lowered, 1, 5), 4U);
    Permits raised({.plugins = {}, .handlers = {{"a::Limited", 9}, {"b::Free", 3}}}, describe);
    EXPECT_EQ(admit(raised, 1, 5), 3U);
    EXPECT_EQ(admit(raised, 2, 5), 2U) << "a handler without a bound gets one";
}

TEST_F(PermitsTest, ABoundOfAPluginHoldsForAllItsHandlersTogether) {
    Permits permits({.plugins = {{"a", 3}}, .handlers = {}}, describe);
    EXPECT_EQ(admit(permits, 1, 5), 3U);
    EXPECT_EQ(admit(permits, 3, 5), 4U);
    EXPECT_EQ(admit(permits, 2, 5), 0U);
    permits.release(running_.front());
    EXPECT_EQ(admit(permits, 3, 2), 1U);
}

TEST_F(PermitsTest, AStepWithoutAPermitReleasesNothing) {
    Permits permits({}, describe);
    EXPECT_EQ(admit(permits, 1, 2), 0U);
    permits.release(attempt(step(1)));
    permits.release(running_.front());
    permits.release(running_.front());
    EXPECT_EQ(permits.usage()[0].held, 1);
}

TEST_F(PermitsTest, AnOfferReservesWhatItOffers) {
    Permits permits({}, describe);
    EXPECT_EQ(admit(permits, 1, 1), 0U);
    const auto first = permits.offer(10);
    EXPECT_EQ(
        first.json,
        R"({"steps":[{"template_id":7,"step_no":1,"handler":1,"plugin":null}],"free":[1]})"
    );
    const auto second = permits.offer(10);
    EXPECT_THAT(second.reserved, ElementsAre(0)) << "the first call may claim it";
    EXPECT_FALSE(permits.withdraw(second));
    EXPECT_TRUE(permits.withdraw(first)) << "the second could have had it";
    EXPECT_FALSE(permits.withdraw(permits.offer(10))) << "nobody else asked meanwhile";
}

TEST_F(PermitsTest, WhoFreesAPermitLearnsWhetherSomebodyMissedIt) {
    Permits permits({}, describe);
    EXPECT_EQ(admit(permits, 1, 2), 0U);
    EXPECT_FALSE(permits.release(running_[0]));
    EXPECT_EQ(admit(permits, 1, 1), 0U);
    permits.withdraw(permits.offer(50));
    EXPECT_TRUE(permits.release(running_[1])) << "a call had more slots than permits";
    EXPECT_FALSE(permits.release(running_[2])) << "it was said once";
}

TEST_F(PermitsTest, ATemplateThatNobodyCanDescribeLimitsNothing) {
    Permits permits({}, describe);
    std::vector<ClaimedStep> claimed{step(1, broken)};
    EXPECT_THAT(permits.admit(claimed), IsEmpty());
    EXPECT_THAT(claimed, SizeIs(1));
}

}  // namespace
}  // namespace tenon::worker
