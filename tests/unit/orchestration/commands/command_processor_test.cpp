#include "orchestration/commands/command_processor.hpp"

#include "foundation/runtime/channel.hpp"
#include "support/co_test.hpp"

namespace tenon::orchestration {
namespace {

/// Holds every submission until it is let go, answers queries at once.
class GatedActor {
public:
    explicit GatedActor(asio::any_io_executor executor)
        : entered_(executor, 100), gate_(executor, 100) {}

    asio::awaitable<TaskReceipt> handle(InitializeTask command) {
        co_await entered_.send(command.request.name);
        co_await gate_.receive();
        if (command.request.name == "broken") {
            throw Exception({ErrorCode::not_found, "unknown template 'broken'"});
        }
        co_return TaskReceipt{.task = TaskId::parse("0192f0c1-7a5b-7c3d-8e9f-123456780000")};
    }

    asio::awaitable<std::optional<std::string>> handle(GetTask /*query*/) {
        co_return R"({"status":"complete"})";
    }

    asio::awaitable<std::optional<std::string>> entered() { return entered_.receive(); }

    void let_go(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            gate_.try_send(0);
        }
    }

private:
    Channel<std::string> entered_;
    Channel<int> gate_;
};

class CommandProcessorTest : public tenon::testing::CoroutineTest {
protected:
    CommandProcessorTest() { processor_.connect(actor_); }

    static InitializeTask initialize(std::string name) {
        InitializeTask command;
        command.request.name = std::move(name);
        return command;
    }

    /// Asks and notes how it ended: the id's text or the error's.
    asio::awaitable<void> ask_and_note(InitializeTask command) {
        std::string outcome;
        try {
            outcome = (co_await processor_.ask(std::move(command))).task.to_string();
        } catch (const Exception& failure) {
            outcome = std::string(to_string(failure.code())) + ": " + failure.what();
        }
        co_await outcomes_.send(std::move(outcome));
    }

    GatedActor actor_{executor()};
    CommandProcessor processor_{{.in_flight_max = 3}};
    Channel<std::string> outcomes_{executor(), 100};
};

CO_TEST_F(CommandProcessorTest, ASlowCommandDoesNotHoldAFastOne) {
    spawn(ask_and_note(initialize("slow")));
    EXPECT_EQ(co_await actor_.entered(), "slow");

    const GetTask query;
    EXPECT_EQ(co_await processor_.ask(query), R"({"status":"complete"})");

    EXPECT_EQ(processor_.statistics<InitializeTask>().in_flight, 1U);
    actor_.let_go(1);
    EXPECT_EQ(co_await outcomes_.receive(), "0192f0c1-7a5b-7c3d-8e9f-123456780000");
    EXPECT_EQ(processor_.statistics<InitializeTask>().in_flight, 0U);
}

CO_TEST_F(CommandProcessorTest, CommandsOfOneKindRunSideBySide) {
    for (int i = 0; i < 3; ++i) {
        spawn(ask_and_note(initialize("task " + std::to_string(i))));
    }
    for (int i = 0; i < 3; ++i) {  // All are inside the actor before one of them ends.
        EXPECT_EQ(co_await actor_.entered(), "task " + std::to_string(i));
    }
    actor_.let_go(3);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(co_await outcomes_.receive(), "0192f0c1-7a5b-7c3d-8e9f-123456780000");
    }
}

CO_TEST_F(CommandProcessorTest, RefusesAtOnceBeyondItsBound) {
    for (int i = 0; i < 3; ++i) {
        spawn(ask_and_note(initialize("task")));
        co_await actor_.entered();
    }
    spawn(ask_and_note(initialize("one too many")));
    EXPECT_EQ(
        co_await outcomes_.receive(),
        "unavailable: 3 InitializeTask commands are under way, which is the limit; try again"
    );
    EXPECT_EQ(processor_.statistics<InitializeTask>().in_flight, 3U);
    EXPECT_EQ(processor_.statistics<InitializeTask>().accepted, 3U);
    EXPECT_EQ(processor_.statistics<InitializeTask>().refused, 1U);

    actor_.let_go(1);
    co_await outcomes_.receive();
    spawn(ask_and_note(initialize("the next")));
    EXPECT_EQ(co_await actor_.entered(), "the next");
    actor_.let_go(3);
}

CO_TEST_F(CommandProcessorTest, AFloodOfOneKindLeavesTheOtherAlone) {
    for (int i = 0; i < 3; ++i) {
        spawn(ask_and_note(initialize("task")));
        co_await actor_.entered();
    }
    const GetTask query;
    EXPECT_EQ(co_await processor_.ask(query), R"({"status":"complete"})");
    actor_.let_go(3);
}

CO_TEST_F(CommandProcessorTest, GivesTheActorsExceptionToTheAskerAndItsPlaceToTheNext) {
    for (int i = 0; i < 10; ++i) {
        spawn(ask_and_note(initialize("broken")));
        actor_.let_go(1);
        EXPECT_EQ(co_await outcomes_.receive(), "not_found: unknown template 'broken'");
    }
    EXPECT_EQ(processor_.statistics<InitializeTask>().in_flight, 0U);
}

CO_TEST_F(CommandProcessorTest, RefusesCommandsOnceStoppedButFinishesThoseUnderWay) {
    spawn(ask_and_note(initialize("early")));
    co_await actor_.entered();
    processor_.stop();

    spawn(ask_and_note(initialize("late")));
    EXPECT_EQ(co_await outcomes_.receive(), "unavailable: the host is shutting down");

    actor_.let_go(1);
    EXPECT_EQ(co_await outcomes_.receive(), "0192f0c1-7a5b-7c3d-8e9f-123456780000");
}

CO_TEST_F(CommandProcessorTest, SaysWhenNobodyAnswersACommand) {
    CommandProcessor unconnected{{}};
    const GetTask query;
    std::string refusal;
    try {
        co_await unconnected.ask(query);
    } catch (const Exception& failure) {
        refusal = failure.what();
    }
    EXPECT_EQ(refusal, "nobody here answers GetTask");
}

}  // namespace
}  // namespace tenon::orchestration
