// The listener's connection stays open and says nothing any more.

#include "foundation/http/http_client.hpp"
#include "support/workflows.hpp"
#include "weather/weather_fixture.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

class ListenerWeather : public WeatherTest {
protected:
    std::string listener_health() const {
        const auto reply = HttpClient({.url = hosts_.front()->url()}).get("/health/ready");
        const auto checks = nlohmann::json::parse(reply.body).at("checks");
        return checks.at("listener").at("status").get<std::string>();
    }
};

// Without notifications this mode would look every 30 s.
TEST_F(ListenerWeather, ADumbListenerIsNoticedAndPollingBeginsAtOnce) {
    add_host({.more = {"--mode", "EventDrivenOnly"}});
    begin_stream();
    ASSERT_TRUE(eventually([&] { return listener_health() == "healthy"; })) << logs();
    const auto backend = std::stoi(
        sql().value("SELECT pid FROM pg_stat_activity WHERE application_name = 'tenon listener'")
    );
    server_.refuse_connections(true);
    ASSERT_EQ(::kill(backend, SIGSTOP), 0);
    ASSERT_TRUE(eventually([&] { return listener_health() == "degraded"; }, 9s)) << logs();
    EXPECT_TRUE(hosts_.front()->logged("did not come back in time"));
    EXPECT_TRUE(hosts_.front()->logged("nothing is heard; polling instead"));

    // Submitted past the host: only a look of its own finds it.
    const auto submitted = Clock::now();
    const auto task = submit_task(sql(), example_workflows().front());
    ASSERT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }, 20s));
    EXPECT_LE(Clock::now() - submitted, resume_limit);

    EXPECT_EQ(::kill(backend, SIGCONT), 0);
    server_.refuse_connections(false);
    ASSERT_TRUE(eventually([&] { return listener_health() == "healthy"; })) << logs();
    expect_unharmed();
}

}  // namespace
}  // namespace tenon::testing
