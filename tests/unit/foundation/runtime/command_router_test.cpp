#include "foundation/runtime/command_router.hpp"

#include "support/co_test.hpp"

#include <gmock/gmock.h>

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

    Calculator calculator;
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

CO_TEST_F(CommandRouterTest, RefusesEverythingOnceStopped) {
    router.connect(calculator);
    router.stop();
    const Double command{.number = 1};
    EXPECT_EQ(co_await refusal(command), "the host is shutting down");
}

}  // namespace
}  // namespace tenon
