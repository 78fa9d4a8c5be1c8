#include "worker/services/step_inbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

/// The inbox against a model in which everything is spelled out: random but reproducible lives of
/// a pump with several lanes.
class StepInboxModelTest : public ::testing::TestWithParam<unsigned> {
protected:
    static constexpr std::int32_t slots = 7;
    static constexpr std::size_t max_batch = 4;
    static constexpr std::size_t lanes = 3;

    StepInbox inbox{slots, max_batch};
    std::mt19937 random{GetParam()};

    StepNo next_number = 1;
    std::vector<StepNo> running;  // Claimed, their handlers at work.
    std::deque<StepNo> finished;  // Waiting for a lane.
    std::vector<StepInbox::Load> flights;
    bool question = true;  // The queue may hold something.

    int roll(int sides) { return std::uniform_int_distribution(0, sides - 1)(random); }

    std::int32_t reserved() const {
        std::int32_t sum = 0;
        for (const auto& flight : flights) {
            sum += flight.want;
        }
        return sum;
    }

    bool asking() const {
        return std::ranges::any_of(flights, [](const auto& flight) {
            return !flight.queues.empty();
        });
    }

    void finish_one();
    void depart();
    void arrive();
    void crash();
    void expect_books_balance();
};

void StepInboxModelTest::finish_one() {
    if (running.empty()) {
        return;
    }
    const auto chosen = static_cast<std::size_t>(roll(static_cast<int>(running.size())));
    std::swap(running[chosen], running.back());
    const auto number = running.back();
    running.pop_back();
    finished.push_back(number);
    inbox.add({.task = {}, .step_no = number, .attempt = 1, .outcome = "{}", .execution_time = {}});
}

void StepInboxModelTest::depart() {
    if (flights.size() == lanes) {
        return;
    }
    const auto used = static_cast<std::int32_t>(running.size() + finished.size()) + reserved();
    const bool may_ask = question && !asking() && used < slots;
    if (finished.empty() && !may_ask) {
        return;  // A lane would wait.
    }
    const auto load = inbox.collect(20s).value();
    const auto count = std::min(finished.size(), max_batch);
    ASSERT_EQ(load.settled.size(), count);
    for (const auto& step : load.settled) {
        ASSERT_EQ(step.step_no, finished.front());
        finished.pop_front();
    }
    ASSERT_EQ(load.want, slots - used + static_cast<std::int32_t>(count));
    if (!asking() && question && load.want > 0) {
        ASSERT_FALSE(load.queues.empty());
    } else if (!question) {
        ASSERT_TRUE(load.queues.empty());
    }
    flights.push_back(load);
}

void StepInboxModelTest::arrive() {
    if (flights.empty()) {
        return;
    }
    const auto chosen = flights.begin() + roll(static_cast<int>(flights.size()));
    const auto load = *chosen;
    flights.erase(chosen);
    std::vector<StepId> claimed(static_cast<std::size_t>(roll(load.want + 1)));
    for (auto& claim : claimed) {
        claim = step_id({}, next_number);
        running.push_back(next_number++);
    }
    inbox.delivered(load, claimed);
    if (!load.queues.empty() && claimed.size() < static_cast<std::size_t>(load.want)) {
        question = false;
    }
}

void StepInboxModelTest::crash() {
    if (flights.empty()) {
        return;
    }
    auto load = flights.back();
    flights.pop_back();
    for (auto step = load.settled.rbegin(); step != load.settled.rend(); ++step) {
        finished.push_front(step->step_no);
    }
    inbox.failed(std::move(load));
}

void StepInboxModelTest::expect_books_balance() {
    std::vector<StepId> expected;
    const auto note = [&](StepNo number) { expected.push_back(step_id({}, number)); };
    std::ranges::for_each(running, note);
    std::ranges::for_each(finished, note);
    for (const auto& flight : flights) {
        for (const auto& step : flight.settled) {
            note(step.step_no);
        }
    }
    auto found = inbox.in_hand();
    std::ranges::sort(found);
    std::ranges::sort(expected);
    ASSERT_EQ(found, expected);
    ASSERT_LE(static_cast<std::int32_t>(running.size() + finished.size()) + reserved(), slots);
}

TEST_P(StepInboxModelTest, KeepsItsBooks) {
    inbox.set_queues({"queue"});
    for (int i = 0; i < 2000 && !HasFatalFailure(); ++i) {
        switch (roll(6)) {
            case 0: finish_one(); break;
            case 1: finish_one(); break;
            case 2: depart(); break;
            case 3: arrive(); break;
            case 4: crash(); break;
            default:
                if (!asking()) {
                    inbox.hint_all();
                    question = true;
                }
        }
        expect_books_balance();
    }
    EXPECT_GT(next_number, 50) << "the life was too quiet to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Lives, StepInboxModelTest, ::testing::Range(1U, 21U));

}  // namespace
}  // namespace tenon::worker
