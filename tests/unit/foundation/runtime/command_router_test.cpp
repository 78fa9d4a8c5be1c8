#include "foundation/runtime/command_router.hpp"

#include "support/co_test.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <utility>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

struct Double {
    using Reply = int;
    static constexpr std::string_view name = "Double";

    int number = 0;
};

struct Greet {
    using Reply = std::string;
    static constexpr std::string_view name = "Greet";

    std::string who;
};

struct Nameless {
    using Reply = int;
};

static_assert(Command<Double>);
static_assert(!Command<Nameless>);

class Calculator {
public:
    asio::awaitable<int> handle(Double command) { co_return 2 * command.number; }
};

class Host {
public:
    asio::awaitable<std::string> handle(Greet command) { co_return "hello, " + command.who; }
};

/// Answers at once, and may be asked while it answers.
class Abacus {
public:
    int handle(Double command) {
        if (while_busy) {
            std::exchange(while_busy, nullptr)();
        }
        if (command.number < 0) {
            throw Exception({ErrorCode::invalid_input, "an abacus knows no debts"});
        }
        return 2 * command.number;
    }

    std::function<void()> while_busy;
};

static_assert(HandlesNow<Abacus, Double> && !Handles<Abacus, Double>);
static_assert(!HandlesNow<Calculator, Double> && Handles<Calculator, Double>);

using TestRouter = CommandRouter<Double, Greet>;

class CommandRouterTest : public tenon::testing::CoroutineTest {
protected:
    asio::awaitable<std::string> refusal(Double command) {
        try {
            const int answer = co_await router.ask(command);
            co_return std::to_string(answer);
        } catch (const Exception& error) {
            co_return error.what();
        }
    }

    std::string refusal_now(int number) {
        try {
            return std::to_string(router.ask_now(Double{.number = number}));
        } catch (const Exception& error) {
            return error.what();
        }
    }

    Calculator calculator;
    Abacus abacus;
    Host host;
    TestRouter router{{.in_flight_max = 2}};
};

CO_TEST_F(CommandRouterTest, ConnectsAnActorToAllThatItHandlesAndToNothingElse) {
    router.connect(host);
    Greet greet{.who = "ada"};
    EXPECT_EQ(co_await router.ask(greet), "hello, ada");
    const Double command{.number = 21};
    EXPECT_EQ(co_await refusal(command), "nobody here answers Double");
    router.connect(calculator);
    EXPECT_EQ(co_await refusal(command), "42");
    EXPECT_EQ(co_await router.ask(greet), "hello, ada");
}

CO_TEST_F(CommandRouterTest, GivesOneKindABoundOfItsOwn) {
    router.connect(calculator);
    router.connect(host);
    router.limit<Double>(0);
    const Double command{.number = 1};
    EXPECT_EQ(
        co_await refusal(command), "0 Double commands are under way, which is the limit; try again"
    );
    const Greet greet{.who = "bob"};
    EXPECT_EQ(co_await router.ask(greet), "hello, bob");
    EXPECT_EQ(router.statistics<Double>().refused, 1U);
    EXPECT_EQ(router.statistics<Greet>().refused, 0U);
}

CO_TEST_F(CommandRouterTest, CountsEveryKindInTheOrderOfItsList) {
    router.connect(calculator);
    router.connect(host);
    const Greet greet{.who = "cy"};
    co_await router.ask(greet);
    co_await router.ask(greet);
    EXPECT_THAT(
        router.statistics(),
        ElementsAre(
            AllOf(
                Field(&CommandStatistics::name, "Double"), Field(&CommandStatistics::accepted, 0)
            ),
            AllOf(Field(&CommandStatistics::name, "Greet"), Field(&CommandStatistics::accepted, 2))
        )
    );
}

CO_TEST_F(CommandRouterTest, AnActorThatAnswersAtOnceMayBeAskedEitherWay) {
    router.connect(abacus);
    const Double command{.number = 21};
    EXPECT_EQ(router.ask_now(command), 42);
    EXPECT_EQ(co_await router.ask(command), 42);
    EXPECT_EQ(refusal_now(-1), "an abacus knows no debts");
    EXPECT_EQ(router.statistics<Double>().accepted, 3U);
    EXPECT_EQ(router.statistics<Double>().in_flight, 0U);
}

CO_TEST_F(CommandRouterTest, TheSynchronousDoorHasTheSameBound) {
    router.connect(abacus);
    router.limit<Double>(1);
    std::string inner;
    abacus.while_busy = [&] { inner = refusal_now(1); };
    EXPECT_EQ(refusal_now(4), "8");
    EXPECT_EQ(inner, "1 Double commands are under way, which is the limit; try again");
    EXPECT_EQ(router.statistics<Double>().refused, 1U);
    router.stop();
    EXPECT_EQ(refusal_now(4), "the host is shutting down");
    co_return;
}

CO_TEST_F(CommandRouterTest, WhoAnswersInACoroutineIsNotAskedForAnAnswerAtOnce) {
    router.connect(calculator);
    EXPECT_EQ(refusal_now(4), "Double is not answered at once; ask and wait");
    EXPECT_EQ(router.statistics<Double>().in_flight, 0U);
    router.connect(abacus);
    EXPECT_EQ(refusal_now(4), "8") << "the last to be connected answers";
    router.connect(calculator);
    const Double command{.number = 2};
    EXPECT_EQ(co_await router.ask(command), 4);
    EXPECT_EQ(refusal_now(4), "Double is not answered at once; ask and wait");
}

CO_TEST_F(CommandRouterTest, RefusesEverythingOnceStopped) {
    router.connect(calculator);
    router.stop();
    const Double command{.number = 1};
    EXPECT_EQ(co_await refusal(command), "the host is shutting down");
}

}  // namespace
}  // namespace tenon
