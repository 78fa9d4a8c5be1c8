#include "worker/services/cancellation_service.hpp"

#include "worker/services/completion/result_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;

const auto one = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");
const auto other = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8b0000");

ClaimedStep claim(TaskId task, StepNo number) {
    ClaimedStep made;
    made.task = task;
    made.step_no = number;
    made.attempt = 1;
    return made;
}

/// One thread that is busy until `release`, so that whatever else is pushed waits. No database: the
/// pool leads nowhere.
class CancellationServiceTest : public ::testing::Test {
protected:
    ~CancellationServiceTest() override {
        release.count_down();
        handlers.wait_idle(std::chrono::steady_clock::now() + 20s);
    }

    void occupy() {
        handlers.push({claim(other, 99)});
        begun.wait();
    }

    /// What the next lane would carry.
    StepInbox::Load load() { return inbox.collect(20s).value(); }

    database::ConnectionPool nowhere{{.conninfo = "host=/nonexistent dbname=none"}};
    database::StepRepository repository{nowhere};
    RunningSteps running;
    StepInbox inbox{4, 8};
    std::latch begun{1};
    std::latch release{1};
    HandlerPool handlers{{.core_threads = 1, .max_threads = 1}, [this](const ClaimedStep& step) {
                             if (step.step_no == 99) {
                                 begun.count_down();
                                 release.wait();
                             }
                         }};
    ResultSender sender{inbox};
    CancellationService
        service{{.grace = 10ms}, {running, handlers, inbox, repository, [this](SettledStep step) {
                                      return sender.send_instead(std::move(step));
                                  }}};
};

TEST_F(CancellationServiceTest, StepsThatDidNotBeginGoBack) {
    occupy();
    handlers.push({claim(one, 1), claim(other, 1), claim(one, 2)});
    service.cancel(one);
    const auto carried = load().settled;
    ASSERT_EQ(carried.size(), 2U);
    for (const auto& step : carried) {
        EXPECT_EQ(step.task, one);
        EXPECT_TRUE(std::holds_alternative<GivenBack>(step.outcome));
    }
    const auto rest = handlers.take_unstarted();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].task, other);
}

TEST_F(CancellationServiceTest, AHandlerThatWouldNotEndIsSettledAndKeepsItsSlot) {
    inbox.set_queues({"queue"});
    inbox.delivered(load(), {step_id(one, 1)});
    inbox.hint_all();
    service.start([] { return true; });
    RunningStep stuck{
        .task = one,
        .step_no = 1,
        .attempt = 1,
        .callable = "guest::Stuck",
        .asked_at = {},
        .begun_at = RunningStep::Clock::now(),
        .limit = 1ms
    };
    ASSERT_TRUE(running.enter(stuck));
    auto carried = load();
    if (carried.settled.empty()) {
        EXPECT_EQ(carried.want, 3);
        inbox.delivered(carried, {});
        carried = load();
    }
    ASSERT_EQ(carried.settled.size(), 1U);
    EXPECT_EQ(std::get<StepFailure>(carried.settled[0].outcome).error_code, "handler_timeout");
    EXPECT_EQ(carried.want, 3) << "of four slots, one is still the stuck handler's";
    inbox.delivered(carried, {});
    EXPECT_FALSE(running.leave(stuck));
    inbox.release_slot();
    inbox.hint_all();
    EXPECT_EQ(load().want, 4);
}

// The database is out of reach: that is logged, and the watch goes on.
TEST_F(CancellationServiceTest, AQuestionThatFailsEndsNothing) {
    RunningStep step{
        .task = one,
        .step_no = 1,
        .attempt = 1,
        .callable = "guest::Slow",
        .asked_at = {},
        .begun_at = RunningStep::Clock::now() - 1s,
        .limit = 1200ms
    };
    inbox.adopt({step_id(one, 1)});
    ASSERT_TRUE(running.enter(step));
    EXPECT_ANY_THROW(service.look());
    service.start([] { return false; });
    const auto carried = load();
    EXPECT_EQ(carried.settled.size(), 1U);
    EXPECT_EQ(step.token.reason(), CancelReason::deadline);
    running.leave(step);
}

}  // namespace
}  // namespace tenon::worker
