// The benchmark, with little load: that what it reports was really measured, and as it was asked
// to.

#include "support/host_process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

Ending bench(std::vector<std::string> words) {
    words.insert(
        words.begin(),
        {"--quiet", "bench", "--plugins", HostProcess::example_plugins(), "--warm-up", "4"}
    );
    return run_tenon(std::move(words));
}

/// The report of a benchmark that went well.
Json report(std::vector<std::string> words) {
    words.emplace_back("--json");
    const auto ended = bench(std::move(words));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return Json::parse(ended.out);
}

void expect_in_order(const Json& percentiles) {
    EXPECT_GT(percentiles.at("p50"), 0.0);
    EXPECT_LE(percentiles.at("p50"), percentiles.at("p95"));
    EXPECT_LE(percentiles.at("p95"), percentiles.at("p99"));
    EXPECT_LE(percentiles.at("p99"), percentiles.at("max"));
}

TEST(Bench, MeasuresTheStagesOfTasksOneByOne) {
    const auto json = report({"--shape", "chain:3", "--in-flight", "1", "--tasks", "20"});
    EXPECT_EQ(json.at("tasks"), 20);
    EXPECT_EQ(json.at("steps"), 60);
    for (const auto* stage : {"start_ms", "settle_ms", "complete_ms"}) {
        expect_in_order(json.at(stage));
    }
    EXPECT_LT(json.at("start_ms").at("p50"), json.at("complete_ms").at("p50"));
    EXPECT_LT(json.at("settle_ms").at("p50"), json.at("complete_ms").at("p50"));
    // Each step settles with a call, and claims the next with the same.
    EXPECT_GE(json.at("round_trips_per_step"), 1.0);
    EXPECT_EQ(json.at("profile"), "direct");
    EXPECT_EQ(json.at("isolation"), "in_process");
}

TEST(Bench, TheQueuedProfileAndRunnersTakeEffect) {
    const std::vector<std::string> load{"--shape", "chain:3", "--in-flight", "1", "--tasks", "20"};
    const auto direct = report(load);
    auto words = load;
    words.insert(words.end(), {"--profile", "queued", "--isolation", "process"});
    const auto queued = report(words);
    EXPECT_EQ(queued.at("profile"), "queued");
    EXPECT_EQ(queued.at("isolation"), "process");
    EXPECT_EQ(queued.at("failed_tasks"), 0);
    expect_in_order(queued.at("settle_ms"));
    // Who stores a result for somebody else to evaluate commits twice.
    EXPECT_GT(queued.at("commits_per_step"), direct.at("commits_per_step").get<double>() + 0.5);
}

TEST(Bench, AHostThatPollsIsToldOfNothing) {
    const auto json = report(
        {"--shape",
         "chain:1",
         "--in-flight",
         "1",
         "--tasks",
         "10",
         "--mode",
         "PollingOnly",
         "--poll-ms",
         "200"}
    );
    EXPECT_EQ(json.at("mode"), "PollingOnly");
    EXPECT_GT(json.at("start_ms").at("max"), 50.0);
}

TEST(Bench, MixesShapesInAnOpenLoop) {
    const auto json = report({"--shape", "mixed", "--rate", "100", "--tasks", "8"});
    EXPECT_EQ(json.at("tasks"), 8);
    EXPECT_EQ(json.at("steps"), 2 * (4 + 4 + 8 + 52));
    EXPECT_EQ(json.at("failed_tasks"), 0);
    EXPECT_THAT(json.at("template").get<std::string>(), HasSubstr("bench/wide_50"));
}

TEST(Bench, ComparesABacklogWithNone) {
    const auto json = report(
        {"--shape",
         "chain:2",
         "--in-flight",
         "1",
         "--tasks",
         "10",
         "--backlog",
         "open:200,settled:4k"}
    );
    EXPECT_EQ(json.at("backlog"), "open:200,settled:4k");
    EXPECT_EQ(json.at("empty").at("steps"), 20);
    EXPECT_EQ(json.at("filled").at("steps"), 20);
    EXPECT_EQ(json.at("filled").at("failed_tasks"), 0);
    EXPECT_GT(json.at("change").at("steps_per_s"), 0.0);
}

TEST(Bench, CountsWhatTheHostAllocates) {
    const auto json = report({"--shape", "chain:4", "--in-flight", "50", "--tasks", "1000"});
    // Null where a sanitizer has the operators.
    const auto& allocations = json.at("allocations_per_step");
    EXPECT_TRUE(allocations.is_null() || (allocations > 1.0 && allocations < 200.0)) << allocations;
    EXPECT_GT(json.at("peak_rss_kib"), 1000.0);
}

TEST(Bench, SeveralHostsShareTheWork) {
    const auto json =
        report({"--shape", "chain:2", "--in-flight", "20", "--tasks", "200", "--hosts", "2"});
    EXPECT_EQ(json.at("hosts"), 2);
    EXPECT_EQ(json.at("via"), "sql");
    EXPECT_EQ(json.at("tasks"), 200);
    EXPECT_EQ(json.at("failed_tasks"), 0);
    expect_in_order(json.at("start_ms"));
    expect_in_order(json.at("complete_ms"));
    EXPECT_GT(json.at("round_trips_per_step"), 0.0);
}

TEST(Bench, ALoadOfAGivenDurationLooksAtMemoryAndTables) {
    const auto json =
        report({"--shape", "chain:2", "--rate", "50", "--duration", "3s", "--hold-xmin"});
    EXPECT_EQ(json.at("tasks"), 150);
    EXPECT_EQ(json.at("hold_xmin"), true);
    ASSERT_GE(json.at("samples").size(), 3U);
    for (const auto& sample : json.at("samples")) {
        EXPECT_GT(sample.at("rss_mib"), 1.0);
        EXPECT_GT(sample.at("hot_mib"), 0.0);
    }
}

TEST(Bench, SubmitsByHttpOneByOneAndInBatches) {
    const auto single =
        report({"--shape", "chain:2", "--rate", "100", "--tasks", "50", "--via", "http"});
    EXPECT_EQ(single.at("tasks"), 50);
    EXPECT_EQ(single.at("refused_tasks"), 0);
    expect_in_order(single.at("submit_ms"));
    EXPECT_LE(single.at("submit_ms").at("p50"), single.at("complete_ms").at("p99"));
    const auto batches =
        report({"--shape", "mixed", "--in-flight", "0", "--tasks", "400", "--via", "http-batch"});
    EXPECT_EQ(batches.at("steps"), 100 * (4 + 4 + 8 + 52));
    EXPECT_GT(batches.at("submissions_per_s"), 0.0);
}

TEST(Bench, TimesTheStartOfHosts) {
    const auto json = report({"--startup"});
    EXPECT_GT(json.at("database_ms").at("median"), 10.0);
    EXPECT_GT(json.at("fresh_embedded_ms").at("median"), 100.0) << "it makes a cluster first";
    EXPECT_GT(json.at("embedded_ms").at("median"), 10.0);
}

TEST(Bench, RefusesOptionsThatDoNotGoTogether) {
    const auto endless = bench({"--duration", "10m"});
    EXPECT_EQ(endless.exit_code, 2);
    EXPECT_THAT(endless.err, HasSubstr("add --rate or --in-flight"));
    const auto told = bench({"--hosts", "2", "--via", "wake"});
    EXPECT_THAT(told.err, HasSubstr("wake tells one host"));
    for (const auto* text : {"10", "0s", "1.5m", "25h", "-1s", "m"}) {
        EXPECT_THAT(
            bench({"--rate", "1", "--duration", text}).err, HasSubstr("is no duration; write 10m")
        ) << text;
    }
}

TEST(Bench, RefusesWhatItCannotMeasureElsewhere) {
    for (const auto* word :
         {"--shape=chain",
          "--bare-sql",
          "--via=wake",
          "--backlog=open:1",
          "--hosts=2",
          "--hold-xmin",
          "--via=http"}) {
        const auto ended = bench({"--database-url", "postgresql://nowhere/x", word});
        EXPECT_EQ(ended.exit_code, 2) << word;
        EXPECT_THAT(ended.err, HasSubstr("leave --database-url out")) << word;
    }
}

}  // namespace
}  // namespace tenon::testing
