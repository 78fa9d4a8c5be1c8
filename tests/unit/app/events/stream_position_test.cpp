#include "app/events/stream_position.hpp"

#include <gtest/gtest.h>

namespace tenon::app {
namespace {

TEST(StreamPosition, IsReadAsItWasWritten) {
    const StreamPosition position{{"orders", 12}, {"payments_2", 7}};
    EXPECT_EQ(to_text(position), "orders:12,payments_2:7");
    EXPECT_EQ(parse_stream_position("orders:12,payments_2:7").value(), position);
    EXPECT_EQ(parse_stream_position("").value(), StreamPosition{});
}

TEST(StreamPosition, RefusesWhatNobodyWrote) {
    for (const auto* text :
         {"12",
          "orders",
          "orders:",
          "orders:x",
          "orders:-1",
          "orders:1x",
          ":5",
          "Orders:5",
          "orders:5,,",
          "orders:5;x:6",
          "orders:99999999999999999999"}) {
        const auto position = parse_stream_position(text);
        ASSERT_FALSE(position) << text;
        EXPECT_EQ(
            position.error().detail,
            "Last-Event-ID must be the id of an event such as orders:12,payments:7 but is '" +
                std::string(text) + "'"
        );
    }
}

}  // namespace
}  // namespace tenon::app
