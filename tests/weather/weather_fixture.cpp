#include "weather/weather_fixture.hpp"

#include "support/audit.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <iostream>
#include <thread>

namespace tenon::testing {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

void WeatherTest::add_host(HostProcess::Options options) {
    if (options.database_url.empty()) {
        options.database_url = database_url_.empty() ? server_.conninfo() : database_url_;
    }
    if (options.role != "worker" && options.templates.empty()) {
        options.templates = HostProcess::example_templates();
    }
    hosts_.push_back(start_host(options));
}

void WeatherTest::begin_stream() {
    stream_ = std::make_unique<TaskStream>(hosts_.front()->url());
    ASSERT_TRUE(await_more_tasks()) << logs();
    ASSERT_TRUE(eventually([&] { return count("tenon.tasks WHERE state = 'complete'") != "0"; }))
        << logs();
}

bool WeatherTest::await_more_tasks() const {
    const auto before = stream_->accepted_count();
    return eventually([&] { return stream_->accepted_count() >= before + 20; });
}

void WeatherTest::begin_slow_steps(std::chrono::milliseconds time) {
    add_host(
        {.plugins = SlowWorkflows::plugins(),
         .templates = slow_.templates(),
         .more = {"--namespaces", "slow"}}
    );
    slow_steps_ = 20;
    slow_.submit(sql(), "single", slow_steps_, time);
    ASSERT_TRUE(eventually([&] { return slow_.start_count() == slow_steps_; })) << logs();
}

int WeatherTest::end_host_connections() {
    return std::stoi(sql().value(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = 'tenon' AND application_name LIKE 'tenon%'"
    ));
}

void WeatherTest::last(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
}

void WeatherTest::expect_resumed(Clock::time_point returned) {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(returned.time_since_epoch()).count();
    const auto question = fmt::format(
        "SELECT 1000 * (extract(epoch FROM min(at)) - {0} / 1e6) "
        "FROM tenon.workflow_step_transitions "
        "WHERE to_state = 'complete' AND at > to_timestamp({0} / 1e6)",
        milliseconds
    );
    ASSERT_TRUE(eventually([&] { return sql().value(question) != "NULL"; })) << logs();
    const auto delay = std::stod(sql().value(question));
    std::cout << fmt::format("steps are settled again after {:.0f} ms", delay) << '\n';
    EXPECT_LE(delay, static_cast<double>(resume_limit.count())) << logs();
    EXPECT_TRUE(await_more_tasks()) << logs();
}

void WeatherTest::expect_unharmed() {
    const auto accepted = stream_->stop();
    ASSERT_TRUE(eventually([&] { return open_tasks(sql()) == 0; }))
        << open_tasks(sql()) << " tasks are open\n"
        << logs();
    std::string list;
    for (const auto& task : accepted) {
        list += (list.empty() ? "" : ",") + task;
    }
    const auto complete = sql().value(
        "SELECT count(*) FROM tenon.tasks "
        "WHERE state = 'complete' AND task_uuid = ANY (string_to_array($1, ',')::uuid[])",
        {list}
    );
    EXPECT_EQ(complete, std::to_string(accepted.size())) << "tasks were lost";
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    EXPECT_EQ(sql().value("SELECT max(attempts) FROM tenon.workflow_steps"), "1") << logs();
    EXPECT_EQ(slow_.start_count(), slow_steps_) << logs();
    EXPECT_EQ(count("tenon.hosts WHERE state <> 'live'"), "0") << logs();
    for (const auto& host : hosts_) {
        EXPECT_TRUE(host->running()) << host->log();
    }
    std::cout << accepted.size() << " tasks accepted, lost 0, settled twice 0; "
              << stream_->refused_count() << " requests refused meanwhile" << '\n';
}

SqlSession& WeatherTest::sql() {
    if (!session_) {
        session_.emplace(in_charge_->conninfo());
    }
    return *session_;
}

std::string WeatherTest::logs() const {
    std::string logs;
    for (const auto& host : hosts_) {
        logs += host->log();
    }
    return logs;
}

}  // namespace tenon::testing
