// Connections are ended, cannot be had, or answer late.

#include "weather/weather_fixture.hpp"

#include <csignal>
#include <sys/types.h>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

class ConnectionWeather : public WeatherTest {
protected:
    std::string host_connections() {
        return count("pg_stat_activity WHERE application_name LIKE 'tenon%'");
    }

    /// Connects until the server has no room for more.
    void fill_server() {
        try {
            while (true) {
                others_.push_back(std::make_unique<SqlSession>(server_.conninfo()));
            }
        } catch (const StatementRefused&) {
            EXPECT_GT(others_.size(), 0U);
        }
    }

    /// Stops every server process of the hosts, or lets them go on.
    void signal_backends(const std::vector<pid_t>& backends, int signal) {
        for (const auto backend : backends) {
            EXPECT_EQ(::kill(backend, signal), 0);
        }
    }

    std::vector<pid_t> backends() {
        std::vector<pid_t> pids;
        for (const auto& row :
             sql().rows("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tenon%'")) {
            pids.push_back(std::stoi(row.at(0).value()));
        }
        return pids;
    }

    std::vector<std::unique_ptr<SqlSession>> others_;
};

TEST_F(ConnectionWeather, TheEndOfEveryConnectionHarmsNothing) {
    start_host_under_load();
    EXPECT_GE(end_host_connections(), 5);
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(ConnectionWeather, TheEndOfEveryConnectionAgainAndAgainHarmsNothing) {
    start_host_under_load();
    int ended = 0;
    for (int round = 0; round < 12; ++round) {
        ended += end_host_connections();
        last(150ms);
    }
    EXPECT_GE(ended, 12);
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(ConnectionWeather, ConnectionsThatOthersUseUpHarmNothing) {
    start_host_under_load();
    // Frozen, so that the others come first.
    hosts_.front()->freeze();
    EXPECT_GT(end_host_connections(), 0);
    ASSERT_TRUE(eventually([&] { return host_connections() == "0"; }));
    fill_server();
    hosts_.front()->wake();
    last(3s);
    EXPECT_EQ(host_connections(), "0");
    EXPECT_TRUE(hosts_.front()->logged("too many clients")) << logs();
    others_.clear();
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(ConnectionWeather, ATableThatIsLockedForTwoSecondsHarmsNothing) {
    start_host_under_load();
    sql().exec("BEGIN; LOCK TABLE tenon.workflow_steps IN ACCESS EXCLUSIVE MODE");
    last(2s);
    sql().exec("COMMIT");
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(ConnectionWeather, AServerThatStandsStillForTwoSecondsHarmsNothing) {
    start_host_under_load();
    const auto still = backends();
    EXPECT_GE(still.size(), 5U);
    signal_backends(still, SIGSTOP);
    last(2s);
    signal_backends(still, SIGCONT);
    expect_resumed(Clock::now());
    expect_unharmed();
}

}  // namespace
}  // namespace tenon::testing
