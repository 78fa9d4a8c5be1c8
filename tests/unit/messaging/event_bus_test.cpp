#include "messaging/event_bus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tenon::messaging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DomainEvent named(std::string name, std::string namespace_name = "orders") {
    return {
        .mode = DeliveryMode::fast,
        .message = 0,
        .namespace_name = std::move(namespace_name),
        .name = std::move(name),
        .document_json = "{}"
    };
}

EventFilter filter(std::string_view pattern, std::string namespace_name = {}) {
    return {
        .pattern = EventPattern::parse(pattern).value(), .namespace_name = std::move(namespace_name)
    };
}

std::vector<std::string> names(EventBus::Subscription& subscription) {
    std::vector<std::string> found;
    for (const auto& event : subscription.take().events) {
        found.push_back(event->name);
    }
    return found;
}

TEST(EventBus, GivesEachSubscriberWhatItWants) {
    EventBus bus;
    const auto all = bus.subscribe(filter("*"), {});
    const auto paid = bus.subscribe(filter("payment.*"), {});
    const auto other = bus.subscribe(filter("*", "stock"), {});
    EXPECT_EQ(bus.publish(named("payment.charged")), 2U);
    EXPECT_EQ(bus.publish(named("order.done")), 1U);
    EXPECT_EQ(bus.publish(named("item.counted", "stock")), 2U);
    EXPECT_THAT(names(*all), ElementsAre("payment.charged", "order.done", "item.counted"));
    EXPECT_THAT(names(*paid), ElementsAre("payment.charged"));
    EXPECT_THAT(names(*other), ElementsAre("item.counted"));
    EXPECT_THAT(names(*all), IsEmpty()) << "it was taken";
    EXPECT_EQ(bus.statistics().published, 3U);
    EXPECT_EQ(bus.statistics().delivered, 5U);
}

TEST(EventBus, DropsForTheSlowAloneAndCounts) {
    EventBus bus;
    auto narrow = filter("*");
    narrow.capacity = 2;
    const auto slow = bus.subscribe(narrow, {});
    const auto quick = bus.subscribe(filter("*"), {});
    for (int i = 0; i < 5; ++i) {
        bus.publish(named("e" + std::to_string(i)));
    }
    const auto arrivals = slow->take();
    EXPECT_EQ(arrivals.events.size(), 2U);
    EXPECT_EQ(arrivals.dropped, 3U);
    EXPECT_EQ(quick->take().events.size(), 5U);
    bus.publish(named("later"));
    EXPECT_THAT(names(*slow), ElementsAre("later"));
    EXPECT_EQ(bus.statistics().dropped, 3U);
}

TEST(EventBus, BoundsWhatWaitsByItsBytesToo) {
    EventBus bus;
    auto narrow = filter("*");
    narrow.capacity_bytes = 100;
    const auto subscription = bus.subscribe(narrow, {});
    auto large = named("large");
    large.document_json = std::string(1000, ' ');
    EXPECT_EQ(bus.publish(large), 1U) << "one that is larger than everything can still arrive";
    EXPECT_EQ(bus.publish(named("small")), 0U);
    EXPECT_EQ(subscription->take().dropped, 1U);
    EXPECT_EQ(bus.publish(named("small")), 1U);
}

TEST(EventBus, WakesOnceForAllThatWaits) {
    EventBus bus;
    int wakes = 0;
    const auto subscription = bus.subscribe(filter("*"), [&] { ++wakes; });
    bus.publish(named("a"));
    bus.publish(named("b"));
    EXPECT_EQ(wakes, 1);
    subscription->take();
    bus.publish(named("c"));
    EXPECT_EQ(wakes, 2);
}

TEST(EventBus, SaysWhetherAnybodyListens) {
    std::vector<bool> said;
    EventBus bus([&](bool watched) { said.push_back(watched); });
    EXPECT_EQ(bus.publish(named("a")), 0U);
    {
        const auto one = bus.subscribe(filter("*"), {});
        const auto two = bus.subscribe(filter("*"), {});
        EXPECT_TRUE(bus.watched());
        EXPECT_EQ(bus.statistics().subscribers, 2U);
    }
    EXPECT_FALSE(bus.watched());
    EXPECT_THAT(said, ElementsAre(true, false));
}

TEST(EventBus, SubscribersMayComeAndGoWhileOthersPublish) {
    EventBus bus;
    std::atomic<bool> stop{false};
    std::thread publisher([&] {
        while (!stop) {
            bus.publish(named("a"));
        }
    });
    std::size_t seen = 0;
    for (int i = 0; i < 200 || seen == 0; ++i) {
        const auto subscription = bus.subscribe(filter("*"), {});
        std::this_thread::yield();
        seen += subscription->take().events.size();
    }
    stop = true;
    publisher.join();
    EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace tenon::messaging
