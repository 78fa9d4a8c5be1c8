// The actors whose commands are answered at once, through the synchronous door of the processor.

#include "worker/actors/domain_event_actor.hpp"
#include "worker/actors/ffi_completion_actor.hpp"
#include "worker/commands/command_processor.hpp"
#include "worker/services/completion/result_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tenon::worker {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

const auto task = TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");

SettledStep settled(StepNo number) {
    return {
        .task = task,
        .step_no = number,
        .attempt = 1,
        .outcome = std::string("42"),
        .execution_time = 5us
    };
}

class FfiCompletion : public ::testing::Test {
protected:
    FfiCompletion() {
        commands.connect(actor);
        inbox.set_queues({"queue"});
        inbox.delivered(inbox.collect(20s).value(), {step_id(task, 1)});
    }

    StepInbox inbox{2, 8};
    ResultSender sender{inbox};
    FfiCompletionActor actor{sender};
    WorkerCommandProcessor commands{{}};
};

TEST_F(FfiCompletion, TakesAnOutcomeToThePump) {
    commands.ask_now(ProcessStepCompletion{step_id(task, 1), settled(1)});
    const auto load = inbox.collect(20s).value();
    ASSERT_EQ(load.settled.size(), 1U);
    EXPECT_EQ(load.settled[0].step_no, 1);
    EXPECT_EQ(std::get<std::string>(load.settled[0].outcome), "42");
    EXPECT_EQ(load.settled[0].execution_time, 5us);
    EXPECT_EQ(load.want, 2) << "the slot of the step is free again";
    EXPECT_EQ(commands.statistics<ProcessStepCompletion>().accepted, 1U);
}

TEST_F(FfiCompletion, AStepThatIsSettledInstead) {
    EXPECT_FALSE(commands.ask_now(SendStepResult{settled(2)})) << "nobody gave it to this host";
    EXPECT_EQ(inbox.taken_slots(), 1);
    EXPECT_TRUE(commands.ask_now(SendStepResult{settled(1)}));
    const auto load = inbox.collect(20s).value();
    ASSERT_EQ(load.settled.size(), 1U);
    EXPECT_EQ(load.want, 1) << "its handler keeps the slot";
    inbox.delivered(load, {});
    EXPECT_FALSE(commands.ask_now(SendStepResult{settled(1)})) << "it is in the database";
    commands.ask_now(ProcessStepCompletion{step_id(task, 1), std::nullopt});
    EXPECT_EQ(inbox.taken_slots(), 0) << "the handler ended after all";
}

TEST(DomainEvents, GoToWhoeverDispatchesThem) {
    const auto event = [](const char* name) {
        DomainEvent made;
        made.name = name;
        return made;
    };
    std::vector<std::string> seen;
    DomainEventService service([&](const std::vector<DomainEvent>& events) {
        for (const auto& published : events) {
            seen.push_back(published.name);
        }
        return events.size() - 1;
    });
    DomainEventActor actor(service);
    WorkerCommandProcessor commands{{}};
    commands.connect(actor);
    EXPECT_EQ(commands.ask_now(DispatchEvents{{event("a"), event("b")}, {"step 1 did not"}}), 1U);
    EXPECT_THAT(seen, ElementsAre("a", "b"));
    EXPECT_EQ(service.statistics().dispatched, 2U);
    EXPECT_EQ(service.statistics().found, 1U);
    EXPECT_EQ(service.statistics().rejected, 1U);

    DomainEventService deaf{{}};
    EXPECT_EQ(DomainEventActor(deaf).handle(DispatchEvents{{event("a")}}), 0U);
    DomainEventService broken([](const std::vector<DomainEvent>&) -> std::size_t {
        throw std::runtime_error("nobody is there");
    });
    EXPECT_EQ(DomainEventActor(broken).handle(DispatchEvents{{event("a")}}), 0U);
    EXPECT_EQ(broken.statistics().failed, 1U) << "what has settled cannot fail any more";
}

}  // namespace
}  // namespace tenon::worker
