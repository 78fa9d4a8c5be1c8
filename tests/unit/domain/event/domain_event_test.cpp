#include "domain/event/domain_event.hpp"

#include "domain/event/event_pattern.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(DomainEvent, IsReadAsTheDatabaseReportsIt) {
    const auto event = parse_published(R"(broadcast 17 orders payment.charged {"a": "b c"})");
    ASSERT_TRUE(event);
    EXPECT_EQ(event->mode, DeliveryMode::broadcast);
    EXPECT_EQ(event->message, 17);
    EXPECT_EQ(event->namespace_name, "orders");
    EXPECT_EQ(event->name, "payment.charged");
    EXPECT_EQ(event->document_json, R"({"a": "b c"})");
}

TEST(DomainEvent, IsNotReadFromAnythingElse) {
    for (const auto* text :
         {"",
          "fast",
          "fast 0 orders",
          "fast 0 orders name ",
          "slow 0 orders name {}",
          "fast x orders name {}",
          "fast 1x orders name {}"}) {
        EXPECT_FALSE(parse_published(text)) << text;
    }
}

TEST(EventPattern, MatchesAllThoseBelowOrOne) {
    const auto matches = [](std::string_view pattern, std::string_view name) {
        return EventPattern::parse(pattern).value().matches(name);
    };
    EXPECT_TRUE(matches("*", "payment.charged"));
    EXPECT_TRUE(matches("payment.*", "payment.charged"));
    EXPECT_TRUE(matches("payment.*", "payment.charged.twice"));
    EXPECT_FALSE(matches("payment.*", "payment"));
    EXPECT_FALSE(matches("payment.*", "payments.charged"));
    EXPECT_TRUE(matches("payment.charged", "payment.charged"));
    EXPECT_FALSE(matches("payment.charged", "payment.charged.twice"));
    EXPECT_FALSE(matches("payment.charged", "payment"));
}

TEST(EventPattern, RefusesWhatCanMatchNothing) {
    for (const auto* text : {"", "**", "*.charged", "pay*", "Payment.*", ".*", "a..b", "a b"}) {
        const auto pattern = EventPattern::parse(text);
        ASSERT_FALSE(pattern) << text;
        EXPECT_EQ(
            pattern.error().detail,
            "'" + std::string(text) +
                "' is no pattern of events; write *, payment.* or payment.charged"
        );
    }
}

TEST(EventName, HasWordsBetweenSingleDots) {
    EXPECT_TRUE(is_event_name("a"));
    EXPECT_TRUE(is_event_name("order-2_b.paid"));
    EXPECT_TRUE(is_event_name(std::string(200, 'a')));
    EXPECT_FALSE(is_event_name(std::string(201, 'a')));
    for (const auto* text : {"", ".", "a.", ".a", "a..b", "A", "a b", "a*", "é", "a\n"}) {
        EXPECT_FALSE(is_event_name(text)) << text;
    }
}

}  // namespace
}  // namespace tenon
