// The server goes away and comes back, for everybody at once.

#include "foundation/http/http_client.hpp"
#include "weather/weather_fixture.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

class ServerWeather : public WeatherTest {
protected:
    void set_read_only(bool read_only) {
        sql().exec("SET default_transaction_read_only = off");
        sql().exec(
            std::string("ALTER SYSTEM SET default_transaction_read_only = ") +
            (read_only ? "on" : "off")
        );
        sql().exec("SELECT pg_reload_conf()");
        const auto wanted = read_only ? "on" : "off";
        EXPECT_TRUE(eventually([&] {
            return SqlSession(server_.conninfo()).value("SHOW transaction_read_only") == wanted;
        }));
    }

    void return_and_judge() {
        server_.start();
        const auto returned = Clock::now();
        forget_session();
        expect_resumed(returned);
        expect_unharmed();
    }
};

TEST_F(ServerWeather, AFastRestartHarmsNothing) {
    start_host_under_load();
    begin_slow_steps(600ms);
    server_.stop_fast();
    last(1s);
    return_and_judge();
}

TEST_F(ServerWeather, CircuitBreakersShowAnOutageAndItsEnd) {
    start_host_under_load();
    HttpClient client({.url = hosts_.front()->url(), .timeout = 5s});
    const auto step_path_is = [&](const std::string& state) {
        const auto body = client.get("/health/detailed").body;
        return body.find(R"("name":"step_path","state":")" + state + '"') != std::string::npos;
    };
    EXPECT_TRUE(step_path_is("closed"));
    server_.stop_fast();
    EXPECT_TRUE(eventually([&] { return step_path_is("open"); }, 5s)) << logs();
    EXPECT_NE(client.get("/health/detailed").body.find(R"("ready":false)"), std::string::npos);
    EXPECT_TRUE(eventually([&] {
        const auto text = client.get("/metrics").body;
        return text.find("tenon_circuit_breaker_opened_total{breaker=\"step_path\"} 1\n") !=
               std::string::npos;
    }));
    server_.start();
    const auto returned = Clock::now();
    forget_session();
    EXPECT_TRUE(eventually([&] { return step_path_is("closed"); }, 2s)) << logs();
    std::cout
        << "the circuit of the step path closed "
        << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - returned).count()
        << " ms after the return" << std::endl;
    expect_resumed(returned);
    expect_unharmed();
}

TEST_F(ServerWeather, ACrashAndItsRecoveryHarmNothing) {
    start_host_under_load();
    server_.stop_immediately();
    last(200ms);
    return_and_judge();
}

TEST_F(ServerWeather, AfterACrashNoHostTakesAnotherForDead) {
    add_host({.role = "orchestration", .plugins = ""});
    add_host({.role = "worker"});
    add_host({.role = "worker"});
    begin_stream();
    for (int round = 0; round < 2; ++round) {
        server_.stop_immediately();
        last(1s);
        server_.start();
        const auto returned = Clock::now();
        forget_session();
        expect_resumed(returned);
    }
    expect_unharmed();
}

TEST_F(ServerWeather, AFailOverToAStandbyHarmsNothing) {
    const WeatherServer standby(server_);
    database_url_ = fmt::format(
        "host={},{} user=tenon dbname=tenon target_session_attrs=read-write",
        server_.directory(),
        standby.directory()
    );
    start_host_under_load();
    begin_slow_steps(600ms);
    server_.stop_immediately();
    last(1s);
    standby.promote();
    const auto returned = Clock::now();
    in_charge_ = &standby;
    forget_session();
    expect_resumed(returned);
    expect_unharmed();
}

TEST_F(ServerWeather, RefusedConnectionsHarmNothing) {
    start_host_under_load();
    begin_slow_steps(600ms);
    sql();
    server_.refuse_connections(true);
    const auto refuses = [&] {
        try {
            SqlSession probe(server_.conninfo());
            return false;
        } catch (const StatementRefused&) {
            return true;
        }
    };
    ASSERT_TRUE(eventually(refuses));
    EXPECT_GT(end_host_connections(), 0);
    last(3s);
    server_.refuse_connections(false);
    const auto returned = Clock::now();
    expect_resumed(returned);
    expect_unharmed();
}

TEST_F(ServerWeather, ReadOnlyForAWhileHarmsNothing) {
    start_host_under_load();
    begin_slow_steps(600ms);
    set_read_only(true);
    last(3s);
    set_read_only(false);
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(ServerWeather, ReadOnlyForLongerThanALeaseMakesNoHostDead) {
    add_host();
    add_host({.role = "worker"});
    begin_stream();
    set_read_only(true);
    last(9s);
    set_read_only(false);
    expect_resumed(Clock::now());
    expect_unharmed();
}

}  // namespace
}  // namespace tenon::testing
