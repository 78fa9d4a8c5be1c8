#include "app/commands/events/event_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;

/// What is taken from `stream`, which arrives in pieces of that size.
std::vector<std::string> taken(std::string_view stream, std::size_t piece, std::string& last_id) {
    std::vector<std::string> events;
    EventText text([&](const SentEvent& event) { events.push_back(event.name + "|" + event.data); }
    );
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        text.feed(stream.substr(at, piece));
    }
    last_id = text.last_id();
    return events;
}

TEST(EventText, TakesEventsApartHoweverTheyAreCut) {
    constexpr std::string_view stream =
        ": tenon events\nretry: 1000\nid: a:1\n\n"
        "id: a:2\nevent: order.done\ndata: {\"x\": 1}\n\n"
        ": keep-alive\n\n"
        "event:fast\r\ndata:1\r\ndata: 2\r\n\r\n"
        "event: unfinished\ndata: 3\n";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        std::string last_id;
        EXPECT_THAT(
            taken(stream, piece, last_id), ElementsAre("order.done|{\"x\": 1}", "fast|1\n2")
        ) << piece;
        EXPECT_EQ(last_id, "a:2");
    }
}

TEST(EventText, ForgetsHalfAnEventWhenTheConnectionIsLost) {
    std::vector<std::string> events;
    EventText text([&](const SentEvent& event) { events.push_back(event.data); });
    text.feed("id: a:7\nevent: x\ndata: lost\ndata: ha");
    text.reconnected();
    text.feed("\n\ndata: next\n\n");
    EXPECT_THAT(events, ElementsAre("next"));
}

}  // namespace
}  // namespace tenon::app
