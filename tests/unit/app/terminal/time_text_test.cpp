#include "app/terminal/time_text.hpp"

#include <gtest/gtest.h>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, ChoosesAUnitThatReads) {
    EXPECT_EQ(duration_text(0us), "0.00 ms");
    EXPECT_EQ(duration_text(421us), "0.42 ms");
    EXPECT_EQ(duration_text(9994us), "9.99 ms");
    EXPECT_EQ(duration_text(42ms), "42 ms");
    EXPECT_EQ(duration_text(999ms), "999 ms");
    EXPECT_EQ(duration_text(1340ms), "1.34 s");
    EXPECT_EQ(duration_text(59s), "59.00 s");
    EXPECT_EQ(duration_text(125s), "2 m 05 s");
    EXPECT_EQ(duration_text(3h + 4min), "3 h 04 m");
    EXPECT_EQ(duration_text(51h), "2 d 03 h");
    EXPECT_EQ(duration_text(-5s), "0.00 ms");
}

TEST(ParseTimestamp, ReadsWhatTheHostWrites) {
    const auto time = parse_timestamp("2026-01-31T12:34:56.123456Z").value();
    EXPECT_EQ(time.time_since_epoch(), 1769862896123456us);
    EXPECT_EQ(parse_timestamp("2026-01-31T12:34:56Z").value().time_since_epoch(), 1769862896s);
    EXPECT_EQ(
        parse_timestamp("2026-01-31T12:34:56.5Z").value().time_since_epoch(), 1769862896500ms
    );
}

TEST(ParseTimestamp, RefusesAnythingElse) {
    for (const auto* text :
         {"",
          "2026-01-31",
          "2026-02-31T12:34:56Z",
          "2026-01-31T12:34:56",
          "2026-01-31T12:34:56+01",
          "2026-01-31T1x:34:56Z",
          "2026-01-31T12:34:56.Z",
          "2026-01-31T12:34:56.12x456Z"}) {
        EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace tenon::app
