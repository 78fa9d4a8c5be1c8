#include "app/bench/load/http_submission.hpp"
#include "app/bench/measures/allocations.hpp"
#include "app/bench/measures/readings.hpp"
#include "app/bench/startup.hpp"
#include "app/bench/surroundings/more_hosts.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// As many as a thread keeps to itself before it tells.
constexpr std::uint64_t untold = 16;

void allocate(int times) {
    std::vector<std::unique_ptr<int>> kept;
    kept.reserve(static_cast<std::size_t>(times));
    for (int i = 0; i < times; ++i) {
        kept.push_back(std::make_unique<int>(i));
    }
}

/// None where a sanitizer has the operators.
std::optional<std::uint64_t> allocations_of(const std::function<void()>& work) {
    const auto before = allocations_so_far();
    work();
    const auto after = allocations_so_far();
    EXPECT_EQ(before.has_value(), after.has_value());
    return after ? std::optional(*after + untold - *before) : std::nullopt;
}

TEST(AllocationsTest, CountsThoseOfEveryThread) {
    const auto counted = allocations_of([] {
        allocate(1000);
        std::thread(allocate, 1000).join();
    });
    EXPECT_THAT(counted.value_or(2000), AllOf(Ge(2000 - untold), Le(2100U)));
}

TEST(AllocationsTest, LeavesOutTheBenchmarksOwn) {
    const auto counted = allocations_of([] {
        const UncountedAllocations own;
        allocate(1000);
    });
    EXPECT_THAT(counted.value_or(0), Le(2 * untold));
}

CostReadings readings() {
    CostReadings costs;
    costs.work_before.counters = {.commits = 100, .wal_bytes = 10'000, .wal_flushes = 50};
    costs.work_after.counters = {.commits = 140, .wal_bytes = 110'000, .wal_flushes = 60};
    costs.work_before.calls = 7;
    costs.work_after.calls = 57;
    costs.usage_before = {.server_cpu = 1s, .own_cpu = 2s, .family = {}, .allocations = 500};
    costs.usage_after = {
        .server_cpu = 1s + 2ms,
        .own_cpu = 2s + 900us,
        .family =
            {.other_hosts_cpu = 300us, .runners_cpu = 1ms, .rss_kib = 0, .peak_rss_kib = 4096},
        .allocations = 1500
    };
    costs.driver_cpu_us = 200;
    costs.own_host = true;
    costs.one_host = true;
    return costs;
}

TEST(CostReadingsTest, AreDividedByTheStepsOfTheLoad) {
    BenchReport report;
    report.steps = 100;
    set_costs(report, readings());
    EXPECT_DOUBLE_EQ(report.commits_per_step, 0.4);
    EXPECT_DOUBLE_EQ(report.wal_bytes_per_step, 1000);
    EXPECT_DOUBLE_EQ(report.flushes_per_step, 0.1);
    EXPECT_DOUBLE_EQ(report.round_trips_per_step.value(), 0.5);
    EXPECT_DOUBLE_EQ(report.pg_cpu_us_per_step.value(), 20);
    EXPECT_DOUBLE_EQ(report.host_cpu_us_per_step.value(), 10) << "without the load's own";
    EXPECT_DOUBLE_EQ(report.runner_cpu_us_per_step.value(), 10);
    EXPECT_DOUBLE_EQ(report.allocations_per_step.value(), 10);
    EXPECT_DOUBLE_EQ(report.peak_rss_kib.value(), 4096);
}

TEST(CostReadingsTest, AreAbsentWhereNobodyCanSee) {
    BenchReport report;
    report.steps = 100;
    auto costs = readings();
    costs.one_host = false;
    set_costs(report, costs);
    EXPECT_EQ(report.allocations_per_step, std::nullopt) << "of the others nobody knows";
    costs.own_host = false;
    costs.work_after.fleet_cpu_us = 5000;
    costs.work_before.fleet_cpu_us = 1000;
    costs.usage_after.server_cpu = std::nullopt;
    BenchReport fleet;
    fleet.steps = 100;
    set_costs(fleet, costs);
    EXPECT_DOUBLE_EQ(fleet.host_cpu_us_per_step.value(), 40) << "as the hosts told";
    EXPECT_EQ(fleet.pg_cpu_us_per_step, std::nullopt);
    EXPECT_EQ(fleet.peak_rss_kib, std::nullopt);
}

TEST(StartupTimesTest, HaveAMedianAndARange) {
    const StartupTimes times{
        .fresh_ms = {900, 700, 800}, .again_ms = {}, .database_ms = {200, 100, 150}
    };
    EXPECT_EQ(
        to_json(times),
        R"({"runs":3,"fresh_embedded_ms":{"median":800.0,"range":[700.0,900.0]},)"
        R"("embedded_ms":null,"database_ms":{"median":150.0,"range":[100.0,200.0]}})"
    );
    EXPECT_THAT(to_table(times), HasSubstr("800       700       900"));
}

TEST(HttpSubmissionTest, ReadsTheTasksOfEitherAnswer) {
    EXPECT_THAT(
        submitted_tasks(R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","status":"x"})"),
        SizeIs(1)
    );
    const auto both = submitted_tasks(
        R"({"created":2,"tasks":[{"task_uuid": "0192f0c1-7a5b-7c3d-8e9f-123456780000"},)"
        R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456790000"}]})"
    );
    ASSERT_THAT(both, SizeIs(2));
    EXPECT_EQ(both[1].to_string(), "0192f0c1-7a5b-7c3d-8e9f-123456790000");
    EXPECT_THAT(submitted_tasks(R"({"task_uuid":"cut of)"), SizeIs(0));
}

TEST(MoreHostsTest, AreLikeTheFirstOne) {
    HostOptions options;
    options.plugins = "/plugins";
    options.profile = DispatchProfile::queued;
    options.isolation.usual = plugin_host::Isolation::process;
    options.slots = 7;
    options.lanes = 2;
    options.namespaces = {"a", "b"};
    options.poll_interval = 30ms;
    options.handler_limits = {{"x::Y", 3}};
    const auto words = MoreHosts::arguments(options, "host=/run user=tenon", "bench-2");
    for (const auto* word :
         {"--role=worker",
          "--name=bench-2",
          "--database-url=host=/run user=tenon",
          "--plugins=/plugins",
          "--profile=queued",
          "--isolation=process",
          "--slots=7",
          "--lanes=2",
          "--namespaces=a,b",
          "--poll-ms=30",
          "--handler-limit=x::Y=3"}) {
        EXPECT_THAT(words, Contains(word));
    }
    EXPECT_THAT(words, Not(Contains(StartsWith("--plugin-limit"))));
}

}  // namespace
}  // namespace tenon::app
