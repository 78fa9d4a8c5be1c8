#include "app/bench/report/bench_report.hpp"

#include "app/bench/report/bench_json.hpp"
#include "app/bench/report/bench_plot.hpp"
#include "app/bench/report/bench_table.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

BenchReport report(double rate, double p50) {
    BenchReport made;
    made.conditions = "PostgreSQL 15.8, fsync on";
    made.tasks = 100;
    made.steps = 400;
    made.seconds = 400 / rate;
    made.steps_per_s = rate;
    made.complete_ms = {.p50 = p50, .p95 = p50 * 2, .p99 = p50 * 3, .max = p50 * 4};
    made.settle_ms = {.p50 = p50 / 4, .p95 = p50 / 2, .p99 = p50, .max = p50};
    made.wal_bytes_per_step = 900;
    made.round_trips_per_step = 0.02;
    return made;
}

TEST(BenchReportTest, TakesTheMedianOfEveryFigureAndTheRangeOfTheMostWatched) {
    auto slow = report(8000, 4);
    slow.failed_tasks = 2;
    const auto runs = summarise({report(12000, 2), slow, report(10000, 3)});
    EXPECT_EQ(runs.count, 3U);
    EXPECT_EQ(runs.median.steps_per_s, 10000);
    EXPECT_EQ(runs.steps_per_s.least, 8000);
    EXPECT_EQ(runs.steps_per_s.most, 12000);
    EXPECT_EQ(runs.median.complete_ms.p50, 3);
    EXPECT_EQ(runs.median.complete_ms.max, 12);
    EXPECT_EQ(runs.complete_p99_ms.least, 6);
    EXPECT_EQ(runs.complete_p99_ms.most, 12);
    EXPECT_EQ(runs.median.failed_tasks, 2) << "a failure is never averaged away";
    EXPECT_EQ(runs.median.pg_cpu_us_per_step, std::nullopt) << "not seen is not 0";
}

TEST(BenchReportTest, SaysWhatShareOfTheDatabasesLimitWasReached) {
    auto one = report(6000, 2);
    EXPECT_EQ(one.share_of_bare_sql(), std::nullopt);
    one.bare_sql_steps_per_s = 8000;
    const auto runs = summarise({one});
    EXPECT_DOUBLE_EQ(runs.median.share_of_bare_sql().value(), 0.75);
    const BenchOptions options;
    const auto json = Json::parse(to_json(runs, options));
    EXPECT_EQ(json["bare_sql_steps_per_s"], 8000.0);
    EXPECT_EQ(json["share_of_bare_sql"], 0.75);
    EXPECT_EQ(json["steps_per_s"], 6000.0);
    EXPECT_EQ(json["steps_per_s_range"], (Json{6000.0, 6000.0}));
    EXPECT_EQ(json["server"], "PostgreSQL 15.8, fsync on");
    EXPECT_EQ(json["pg_cpu_us_per_step"], nullptr);
    EXPECT_EQ(json["settle_ms"]["p95"], 1.0);
    EXPECT_EQ(json["isolation"], "in_process");
    EXPECT_EQ(json["mode"], "Hybrid");
    EXPECT_EQ(json["via"], "wake");
    const auto table = to_table(runs, options);
    EXPECT_THAT(table, HasSubstr("of which the host reaches 75 %"));
    EXPECT_THAT(table, HasSubstr("PostgreSQL 15.8, fsync on"));
    EXPECT_THAT(table, Not(HasSubstr("median of"))) << "of one run there is none";
}

TEST(BenchReportTest, BothEndsAreInOneObject) {
    const BenchSummary summary{
        .idle = summarise({report(900, 2)}),
        .loaded = summarise({report(9000, 50), report(9500, 60), report(9700, 70)})
    };
    const auto json = Json::parse(to_json(summary, BenchOptions{}));
    EXPECT_EQ(json["complete_ms"]["p50"], 2.0) << "the idle host's";
    EXPECT_EQ(json["steps_per_s"], 9500.0);
    EXPECT_EQ(json["loaded"]["runs"], 3);
    EXPECT_EQ(json["loaded"]["complete_p50_range"], (Json{50.0, 70.0}));
    EXPECT_EQ(json["idle"]["steps_per_s"], 900.0);
    EXPECT_THAT(to_table(summary, BenchOptions{}), HasSubstr("median of 3 runs, 9000 to 9700"));
}

TEST(BenchReportTest, ALongRunShowsWhetherAnythingGrows) {
    auto runs = summarise({report(400, 2)});
    for (int i = 1; i <= 10; ++i) {
        runs.samples.push_back(
            {.at_s = i * 1.0,
             .ended = i < 6 ? i * 100.0 : 500 + (i - 5) * 50.0,
             .rss_mib = 20.0 + i,
             .dead_rows = 1000,
             .hot_mib = 5}
        );
    }
    BenchOptions options;
    options.rate = 100;
    options.duration = std::chrono::seconds(10);
    const auto json = Json::parse(to_json(runs, options));
    EXPECT_EQ(json["duration_s"], 10.0);
    ASSERT_EQ(json["samples"].size(), 10U);
    EXPECT_EQ(json["samples"][0]["steps_per_s"], 400.0) << "four steps a task";
    EXPECT_EQ(json["samples"][9]["steps_per_s"], 200.0);
    EXPECT_EQ(json["samples"][9]["rss_mib"], 30.0);
    const auto table = to_table(runs, options);
    EXPECT_THAT(table, HasSubstr("100 tasks a second for 10 s"));
    EXPECT_THAT(table, HasSubstr("steps per second                  400.0        200.0"));
    EXPECT_THAT(table, HasSubstr("memory of hosts, MiB               21.5         29.5"));
}

TEST(BenchReportTest, SaysHowManyTasksWereRefusedAndWhatRunnersCost) {
    auto busy = report(400, 2);
    busy.refused_tasks = 7;
    busy.runner_cpu_us_per_step = 12.5;
    busy.allocations_per_step = 8;
    busy.submit_ms = {.p50 = 1, .p95 = 2, .p99 = 3, .max = 4};
    BenchOptions options;
    options.via = Via::http;
    const auto runs = summarise({busy, busy});
    const auto table = to_table(runs, options);
    EXPECT_THAT(table, HasSubstr("14 more were REFUSED"));
    EXPECT_THAT(table, HasSubstr("submission → answer"));
    EXPECT_THAT(table, HasSubstr("CPU of runners                   12.500 µs"));
    const auto json = Json::parse(to_json(runs, options));
    EXPECT_EQ(json["refused_tasks"], 14);
    EXPECT_EQ(json["allocations_per_step"], 8.0);
    EXPECT_EQ(json["submit_ms"]["p99"], 3.0);
    EXPECT_EQ(json["via"], "http");
}

TEST(BenchPlotTest, DrawsALineForEachRunAndEscapesItsTitle) {
    BenchCourse course;
    course.ended = {10, 30, 60};
    for (const int ms : {5, 1, 9, 2}) {
        course.complete.add(std::chrono::milliseconds(ms));
    }
    const auto svg = to_svg(
        {.title = "<fast> & wide",
         .conditions = "here",
         .steps_per_task = 4,
         .courses = {course, course}}
    );
    EXPECT_THAT(svg, HasSubstr("&lt;fast&gt; &amp; wide"));
    std::size_t lines = 0;
    for (auto at = svg.find("<polyline"); at != std::string::npos;
         at = svg.find("<polyline", at + 1)) {
        ++lines;
    }
    EXPECT_EQ(lines, 4U) << "two panels, two runs";
    // 30 tasks of 4 steps in 200 ms are 600 steps/s: the scale ends at 1000.
    EXPECT_THAT(svg, HasSubstr(">1000</text>"));
    EXPECT_THAT(svg, HasSubstr(">0.6 s</text>"));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(BenchPlotTest, DrawsWhatALongRunLookedAt) {
    BenchCourse course;
    course.ended = {10};
    course.samples = {
        {.at_s = 1, .ended = 10, .rss_mib = 30, .dead_rows = 900, .hot_mib = 7},
        {.at_s = 60, .ended = 20, .rss_mib = 40, .dead_rows = 1500, .hot_mib = 8}
    };
    const auto svg = to_svg({.title = "t", .conditions = "c", .courses = {course}});
    EXPECT_THAT(svg, HasSubstr("memory of the hosts, MiB, over time"));
    EXPECT_THAT(svg, HasSubstr("dead rows in the tables"));
    EXPECT_THAT(svg, HasSubstr(">2000</text>")) << "the scale of dead rows";
    EXPECT_THAT(svg, HasSubstr(">60.0 s</text>"));
    EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 760 1400\""));
}

TEST(BenchPlotTest, SurvivesARunOfWhichNothingIsKnown) {
    const auto svg = to_svg({.title = "t", .conditions = "c", .courses = {BenchCourse{}}});
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace tenon::app
