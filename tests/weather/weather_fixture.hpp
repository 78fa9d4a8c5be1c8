#pragma once

#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "weather/task_stream.hpp"
#include "weather/weather_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::testing {

/// A host under a steady stream of tasks, and the server that the weather happens to. After the
/// weather every test says `expect_unharmed`.
class WeatherTest : public ::testing::Test {
protected:
    using Clock = std::chrono::system_clock;

    /// How soon after the database's return steps must be settled again.
    static constexpr std::chrono::milliseconds resume_limit{2000};

    /// Adds a host of this server, unless the options name another address.
    void add_host(HostProcess::Options options = {});

    /// Begins the client's stream to the first host. Returns when steps are settled.
    void begin_stream();

    /// Both, for the tests of one host.
    void start_host_under_load() {
        add_host();
        begin_stream();
    }

    /// Has another host begin steps that take so long: their results come in the weather.
    void begin_slow_steps(std::chrono::milliseconds time);

    /// Ends every connection of the hosts; how many there were.
    int end_host_connections();

    std::string count(const std::string& from) {
        return sql().value("SELECT count(*) FROM " + from);
    }

    /// Holds the weather that just began for so long.
    static void last(std::chrono::milliseconds time);

    /// Waits for a step that was settled after `returned`, judges how long that took, and lets the
    /// stream go on for a while.
    void expect_resumed(Clock::time_point returned);

    /// Ends the stream and judges all that it left behind.
    void expect_unharmed();

    /// A session that is made anew after the server restarted.
    SqlSession& sql();

    void forget_session() { session_.reset(); }

    std::string logs() const;

    WeatherServer server_;
    const WeatherServer* in_charge_ = &server_;  ///< Which one the test asks.
    std::string database_url_;                   ///< Of the hosts; empty: the server's.
    std::vector<std::unique_ptr<HostProcess>> hosts_;
    std::unique_ptr<TaskStream> stream_;

private:
    bool await_more_tasks() const;

    const SlowWorkflows slow_;
    int slow_steps_ = 0;
    std::optional<SqlSession> session_;
};

}  // namespace tenon::testing
