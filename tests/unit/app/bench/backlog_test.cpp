#include "app/bench/surroundings/backlog.hpp"

#include "app/bench/report/backlog_change.hpp"
#include "domain/template/compiled_template.hpp"
#include "domain/template/template_parser.hpp"
#include "foundation/error.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string refusal(const std::string& text) {
    try {
        Backlog::parse(text);
    } catch (const Exception& error) {
        return error.what();
    }
    return "";
}

TEST(BacklogTest, ReadsCountsWithUnits) {
    const auto both = Backlog::parse("open:10k,settled:3M");
    EXPECT_EQ(both.open, 10'000);
    EXPECT_EQ(both.settled, 3'000'000);
    EXPECT_EQ(both.text(), "open:10k,settled:3M");
    const auto one = Backlog::parse("settled:1234");
    EXPECT_EQ(one.open, 0);
    EXPECT_EQ(one.settled, 1234);
    EXPECT_EQ(one.text(), "settled:1234");
    EXPECT_TRUE(Backlog().empty());
    EXPECT_FALSE(one.empty());
}

TEST(BacklogTest, RefusesWhatItCannotRead) {
    for (const auto* text :
         {"",
          "10k",
          "open",
          "open:",
          "open:0",
          "open:-1",
          "open:1G",
          "open:k",
          "open:1.5M",
          "open:101M",
          "closed:1",
          "open:99999999999999999999"}) {
        EXPECT_THAT(
            refusal(text), HasSubstr("'" + std::string(text) + "' is no backlog; give open")
        ) << text;
    }
    EXPECT_THAT(refusal("open:1,open:2"), HasSubstr("'open:2'")) << "it was given twice";
    EXPECT_THAT(refusal("open:1,"), HasSubstr("'' is no backlog"));
}

TEST(BacklogTest, HasATemplateOfItsOwn) {
    const auto parsed = parse_template(Backlog::template_yaml(), "backlog.yaml").value();
    EXPECT_EQ(parsed.namespace_name, "bench_backlog");
    EXPECT_EQ(compile(parsed).value().step_count(), 4U);
}

TEST(BacklogChangeTest, DividesWhatItIsWithTheBacklogByWhatItIsWithout) {
    BenchReport empty;
    empty.steps_per_s = 20'000;
    empty.start_ms.p99 = 2;
    empty.settle_ms.p99 = 1;
    empty.complete_ms.p99 = 8;
    auto filled = empty;
    filled.steps_per_s = 15'000;
    filled.start_ms.p99 = 3;
    filled.complete_ms.p99 = 10;
    const auto json = Json::parse(to_json(compare(
        {.latencies = empty, .throughput = empty}, {.latencies = filled, .throughput = filled}
    )));
    EXPECT_EQ(json["steps_per_s"], 0.75);
    EXPECT_EQ(json["start_p99"], 1.5);
    EXPECT_EQ(json["settle_p99"], 1.0);
    EXPECT_EQ(json["complete_p99"], 1.25);
    EXPECT_EQ(json["pg_cpu_us_per_step"], 1.0) << "which nobody could see";
}

}  // namespace
}  // namespace tenon::app
