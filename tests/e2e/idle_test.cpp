// What hosts cost that have nothing to do: counted by PostgreSQL itself, over a minute.

#include "support/host_process.hpp"
#include "support/watched_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto settling = 45s;  ///< Until every interval has grown to its longest.
constexpr auto measured = 60s;

class Idle : public ::testing::Test {
protected:
    Idle() {
        SqlSession sql(server_.conninfo());
        for (const auto* role : {"first", "second"}) {
            sql.exec(fmt::format("CREATE ROLE {} SUPERUSER LOGIN", role));
        }
    }

    std::unique_ptr<HostProcess> start(const std::string& role) const {
        return start_host(
            {.database_url = with_setting(server_.conninfo(), "user", role),
             .templates = HostProcess::example_templates(),
             .more = {"--name", role}}
        );
    }

    std::map<std::string, int> statements() const { return server_.statements_by_role(); }

    /// Of user and system together.
    static std::chrono::duration<double> cpu_of(HostProcess& host) {
        std::ifstream file(fmt::format("/proc/{}/stat", host.pid()));
        std::string text(std::istreambuf_iterator<char>(file), {});
        std::istringstream words(text.substr(text.rfind(')') + 1));
        constexpr int before_user_time = 11;
        std::string skipped;
        for (int i = 0; i < before_user_time; ++i) {
            words >> skipped;
        }
        double user = 0;
        double system = 0;
        words >> user >> system;
        return std::chrono::duration<double>(
            (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK))
        );
    }

private:
    WatchedServer server_{"idle"};
};

TEST_F(Idle, HostsAskLittleOfTheDatabaseAndOfTheProcessor) {
    const auto rescuer = start("first");
    const auto other = start("second");
    std::this_thread::sleep_for(settling);
    const auto before = statements();
    const auto cpu = cpu_of(*rescuer) + cpu_of(*other);
    std::this_thread::sleep_for(measured);
    const auto after = statements();
    const auto spent = cpu_of(*rescuer) + cpu_of(*other) - cpu;

    const auto rate = [&](const std::string& role) {
        return static_cast<double>(after.at(role) - before.at(role)) /
               std::chrono::duration<double>(measured).count();
    };
    const auto share = spent / measured / 2 * 100;
    std::cout << fmt::format(
        "statements/s: rescuer {:.2f}, other {:.2f}; {:.2f} % of a core each\n",
        rate("first"),
        rate("second"),
        share
    );
    EXPECT_LE(rate("first"), 3.0);
    EXPECT_LE(rate("second"), 1.0);
    EXPECT_GT(rate("second"), 0.3) << "nothing was counted: a beat alone makes more";
    EXPECT_LE(share, 0.5);
}

}  // namespace
}  // namespace tenon::testing
