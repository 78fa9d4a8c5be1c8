#include "worker/services/step_inbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

ClaimedStep claim(StepNo number) {
    ClaimedStep made;
    made.step_no = number;
    made.attempt = 1;
    return made;
}

std::vector<StepId> claims(StepNo first, StepNo last) {
    std::vector<StepId> made;
    for (auto number = first; number <= last; ++number) {
        made.push_back(step_id({}, number));
    }
    return made;
}

SettledStep result(StepNo number) {
    return {.task = {}, .step_no = number, .attempt = 1, .outcome = "{}", .execution_time = {}};
}

std::vector<StepNo> numbers(const StepInbox::Load& load) {
    std::vector<StepNo> found;
    for (const auto& step : load.settled) {
        found.push_back(step.step_no);
    }
    return found;
}

class StepInboxTest : public ::testing::Test {
protected:
    static constexpr auto moment = 1ms;
    static constexpr auto patience = 20s;

    StepInbox inbox{4, 3};

    void SetUp() override { inbox.set_queues({"a", "b"}); }

    /// What a lane gets that need not wait for it.
    StepInbox::Load load() { return inbox.collect(patience).value(); }

    /// Asks the queues and claims `found`.
    void claim_from_queues(const std::vector<StepId>& found) { inbox.delivered(load(), found); }
};

TEST_F(StepInboxTest, AsksTheQueuesFirstAndForEverySlot) {
    const auto first = load();
    EXPECT_THAT(first.settled, IsEmpty());
    EXPECT_EQ(first.want, 4);
    EXPECT_THAT(first.queues, ElementsAre("a", "b"));
    EXPECT_FALSE(first.empty());
}

TEST(StepInboxAheadTest, ClaimsBeyondTheSlotsForAsLongAsHandlersAreQuick) {
    StepInbox inbox{4, 512, nullptr, 100};
    inbox.set_queues({"a"});
    const auto first = inbox.collect(1min).value();
    EXPECT_EQ(first.want, 4);
    inbox.delivered(first, claims(1, 4));
    for (StepNo number = 1; number <= 4; ++number) {
        inbox.add(result(number));
    }
    const auto second = inbox.collect(1min).value();
    ASSERT_GT(second.want, 4);
    ASSERT_LE(second.want, 12) << "four for the slots, and what four quick steps promise";
    inbox.delivered(second, claims(5, static_cast<StepNo>(4 + second.want)));
    EXPECT_EQ(inbox.taken_slots(), second.want);
    std::this_thread::sleep_for(Lookahead::memory * Lookahead::window);
    auto slow = result(5);
    slow.execution_time = 90ms;
    inbox.add(slow);
    EXPECT_EQ(inbox.collect(1min)->want, 0) << "more are left than there are slots";
}

TEST_F(StepInboxTest, AResultWaitsForCompanyWhileAnotherCallIsUnderWay) {
    using Clock = std::chrono::steady_clock;
    const auto away = load();
    inbox.add(result(1));
    const auto begun = Clock::now();
    EXPECT_THAT(numbers(load()), ElementsAre(1)) << "but not for ever";
    EXPECT_GE(Clock::now() - begun, 1ms);
    inbox.delivered(away, {});
    inbox.add(result(2));
    inbox.add(result(3));
    EXPECT_THAT(numbers(load()), ElementsAre(2, 3)) << "two are enough beside one call";
}

TEST_F(StepInboxTest, ATaskIsOfferedToAnIdleLaneOnly) {
    const auto start = std::make_shared<EagerStart>(TaskRequest{}, "a");
    EXPECT_FALSE(inbox.offer(start)) << "the queues were not asked yet";
    claim_from_queues({});
    EXPECT_FALSE(inbox.offer(start)) << "no lane waits";
    auto lane = std::async(std::launch::async, [&] { return inbox.collect(patience); });
    while (!inbox.offer(start)) {
        std::this_thread::yield();
    }
    const auto load = lane.get().value();
    EXPECT_EQ(load.start, start);
    EXPECT_EQ(load.want, 4);
    EXPECT_FALSE(load.empty());
    EXPECT_FALSE(inbox.withdraw(start)) << "the lane has it";
    EXPECT_EQ(inbox.taken_slots(), 4);
    inbox.delivered(load, claims(1, 1));
    EXPECT_EQ(inbox.taken_slots(), 1);
}

TEST_F(StepInboxTest, NoLaneLeavesOnlyToAskWhileAnotherIsAsking) {
    const auto asking = load();
    inbox.hint_all();
    EXPECT_TRUE(inbox.collect(moment)->empty());
    inbox.delivered(asking, {});
    EXPECT_THAT(load().queues, ElementsAre("b", "a"));
}

TEST_F(StepInboxTest, ADryQueueIsNotAskedAgainWithoutAHint) {
    claim_from_queues(claims(1, 1));
    inbox.add(result(1));
    const auto settling = load();
    EXPECT_THAT(numbers(settling), ElementsAre(1));
    EXPECT_EQ(settling.want, 4);
    EXPECT_THAT(settling.queues, IsEmpty());
    inbox.delivered(settling, {});
    EXPECT_TRUE(inbox.hint("b"));
    EXPECT_THAT(load().queues, ElementsAre("b"));
}

TEST_F(StepInboxTest, AHintWhileTheQueuesAreBeingAskedIsNotLost) {
    const auto asking = load();
    inbox.hint("a");
    inbox.delivered(asking, {});
    EXPECT_THAT(load().queues, ElementsAre("a"));
}

TEST_F(StepInboxTest, AHintForAnUnknownQueueIsTold) {
    EXPECT_FALSE(inbox.hint("c"));
    inbox.set_queues({"a", "c"});
    EXPECT_TRUE(inbox.hint("c"));
}

TEST_F(StepInboxTest, TheSameQueuesAgainAreNoHint) {
    claim_from_queues(claims(1, 1));
    inbox.set_queues({"a", "b"});
    inbox.add(result(1));
    const auto settling = load();
    EXPECT_THAT(settling.queues, IsEmpty());
    inbox.delivered(settling, {});
    inbox.set_queues({"a", "b", "c"});
    EXPECT_THAT(load().queues, UnorderedElementsAre("a", "b", "c"));
}

TEST_F(StepInboxTest, AFullAnswerMeansThatThereMayBeMore) {
    claim_from_queues(claims(1, 4));
    inbox.add(result(1));
    const auto next = load();
    EXPECT_EQ(next.want, 1);
    EXPECT_EQ(next.queues.size(), 2U);
}

TEST_F(StepInboxTest, WithoutAFreeSlotNothingIsAsked) {
    claim_from_queues(claims(1, 4));
    inbox.hint_all();
    EXPECT_TRUE(inbox.collect(moment)->empty());
}

TEST_F(StepInboxTest, SilenceAsksTheQueuesAnyway) {
    claim_from_queues({});
    const auto asking = inbox.collect(moment).value();
    EXPECT_THAT(asking.queues, UnorderedElementsAre("a", "b"));
}

TEST_F(StepInboxTest, ABatchIsBoundedAndKeepsTheOrder) {
    claim_from_queues(claims(1, 4));
    for (StepNo number = 1; number <= 4; ++number) {
        inbox.add(result(number));
    }
    EXPECT_THAT(numbers(load()), ElementsAre(1, 2, 3));
    EXPECT_THAT(numbers(load()), ElementsAre(4));
}

TEST_F(StepInboxTest, AFailedCallGivesItsResultsAndSlotsBack) {
    claim_from_queues(claims(1, 3));
    inbox.add(result(1));
    inbox.add(result(2));
    inbox.hint_all();
    auto broken = load();
    EXPECT_EQ(broken.want, 3);
    inbox.add(result(3));
    inbox.failed(std::move(broken));
    EXPECT_THAT(
        inbox.in_hand(), UnorderedElementsAre(step_id({}, 1), step_id({}, 2), step_id({}, 3))
    );
    const auto again = load();
    EXPECT_THAT(numbers(again), ElementsAre(1, 2, 3));
    EXPECT_EQ(again.want, 4);
    EXPECT_EQ(again.queues.size(), 2U) << "the question was not answered";
}

TEST_F(StepInboxTest, HandedOverStepsTakeTheSlotsThatWereReserved) {
    claim_from_queues(claims(1, 2));
    inbox.add(result(1));
    const auto settling = load();
    EXPECT_EQ(settling.want, 3);
    inbox.delivered(settling, claims(5, 7));
    inbox.hint_all();
    EXPECT_TRUE(inbox.collect(moment)->empty()) << "2, 5, 6 and 7 take all four slots";
}

TEST_F(StepInboxTest, AdoptedClaimsTakeSlots) {
    claim_from_queues({});
    inbox.adopt(claims(1, 3));
    inbox.hint_all();
    EXPECT_EQ(load().want, 1);
    EXPECT_EQ(inbox.in_hand().size(), 3U);
}

TEST_F(StepInboxTest, StepsGoBackUnstarted) {
    claim_from_queues(claims(1, 2));
    inbox.give_back({claim(1), claim(2)});
    const auto returning = load();
    ASSERT_THAT(numbers(returning), ElementsAre(1, 2));
    EXPECT_TRUE(std::holds_alternative<GivenBack>(returning.settled[0].outcome));
    EXPECT_EQ(returning.settled[0].attempt, 1);
}

TEST_F(StepInboxTest, AStepThatComesBackBeforeItsOldCallIsAccountedForStaysInHand) {
    claim_from_queues(claims(1, 1));
    inbox.give_back({claim(1)});
    const auto returning = load();
    inbox.hint_all();
    inbox.add(result(9));
    const auto other = load();
    inbox.delivered(other, claims(1, 1));
    inbox.delivered(returning, {});
    EXPECT_THAT(inbox.in_hand(), ElementsAre(step_id({}, 1)));
}

TEST_F(StepInboxTest, DrainingTakesNothingNewButLetsResultsOut) {
    claim_from_queues(claims(1, 2));
    inbox.drain();
    inbox.hint_all();
    EXPECT_TRUE(inbox.collect(moment)->empty());
    inbox.add(result(1));
    const auto last = load();
    EXPECT_EQ(last.want, 0);
    EXPECT_THAT(last.queues, IsEmpty());
    EXPECT_THAT(numbers(last), ElementsAre(1));
}

TEST_F(StepInboxTest, StoppingCarriesWhatIsLeftFirst) {
    claim_from_queues(claims(1, 1));
    inbox.add(result(1));
    inbox.stop();
    EXPECT_THAT(numbers(load()), ElementsAre(1));
    EXPECT_EQ(inbox.collect(patience), std::nullopt);
}

TEST_F(StepInboxTest, StoppingWakesALaneThatWaits) {
    claim_from_queues({});
    auto lane =
        std::async(std::launch::async, [&] { return inbox.collect(std::chrono::hours(1)); });
    inbox.stop();
    EXPECT_EQ(lane.get(), std::nullopt);
}

TEST_F(StepInboxTest, AResultWakesALaneThatWaits) {
    claim_from_queues({});
    auto lane =
        std::async(std::launch::async, [&] { return inbox.collect(std::chrono::hours(1)); });
    inbox.add(result(6));
    EXPECT_THAT(numbers(lane.get().value()), ElementsAre(6));
}

TEST_F(StepInboxTest, IsSettledWhenEveryResultIsInTheDatabase) {
    const auto now = [] { return StepInbox::Clock::now(); };
    const auto asking = load();
    EXPECT_FALSE(inbox.wait_settled(now())) << "a call may still bring steps";
    inbox.delivered(asking, claims(1, 1));
    EXPECT_FALSE(inbox.wait_settled(now()));
    inbox.add(result(1));
    const auto settling = load();
    EXPECT_FALSE(inbox.wait_settled(now()));
    auto waiting =
        std::async(std::launch::async, [&] { return inbox.wait_settled(now() + patience); });
    inbox.delivered(settling, {});
    EXPECT_TRUE(waiting.get());
}

TEST_F(StepInboxTest, KnowsTheAgeOfItsOldestCall) {
    EXPECT_EQ(inbox.oldest_call_age_ms(), 0);
    const auto first = load();
    inbox.add(result(1));
    const auto second = load();
    const auto then = StepInbox::Clock::now();
    while (StepInbox::Clock::now() - then < 5ms) {
    }
    EXPECT_GE(inbox.oldest_call_age_ms(), 5);
    inbox.delivered(first, {});
    EXPECT_GE(inbox.oldest_call_age_ms(), 5);
    inbox.delivered(second, {});
    EXPECT_EQ(inbox.oldest_call_age_ms(), 0);
}

TEST_F(StepInboxTest, AsksByItsOwnClockWithoutALimit) {
    inbox.set_poll_intervals({.busy = 1ms, .idle = 1ms});
    claim_from_queues({});
    const auto asking = inbox.collect().value();
    EXPECT_THAT(asking.queues, UnorderedElementsAre("a", "b"));
}

TEST_F(StepInboxTest, ANewIntervalHoldsAtOnce) {
    inbox.set_poll_intervals({.busy = 1h, .idle = 1h});
    claim_from_queues({});
    auto waiting = std::async(std::launch::async, [&] { return inbox.collect().value(); });
    inbox.set_poll_intervals({.busy = 1ms, .idle = 1ms});
    EXPECT_THAT(waiting.get().queues, UnorderedElementsAre("a", "b"));
}

TEST_F(StepInboxTest, ForgottenStepsFreeTheirSlotsAndGoNowhere) {
    claim_from_queues(claims(1, 3));
    inbox.forget({claim(2), claim(3)});
    EXPECT_THAT(inbox.in_hand(), ElementsAre(step_id({}, 1)));
    inbox.add(result(1));
    const auto next = load();
    EXPECT_THAT(numbers(next), ElementsAre(1));
    EXPECT_EQ(next.want, 4);
}

TEST_F(StepInboxTest, AHeldSlotStaysTakenUntilItIsReleased) {
    claim_from_queues(claims(1, 1));
    inbox.hold_slot();
    inbox.add(result(1));
    const auto settling = load();
    EXPECT_EQ(settling.want, 3);
    inbox.delivered(settling, {});
    inbox.release_slot();
    inbox.hint_all();
    EXPECT_EQ(load().want, 4);
}

}  // namespace
}  // namespace tenon::worker
