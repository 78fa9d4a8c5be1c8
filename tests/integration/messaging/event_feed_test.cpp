// The feed over real queues of events.

#include "messaging/event_feed.hpp"

#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tenon::messaging {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventFeedTest : public testing::DatabaseTest {
protected:
    EventFeedTest() {
        sql().exec("INSERT INTO tenon.task_namespaces (name) VALUES ('orders')");
        sql().exec("SELECT pgmq.create('orders_domain_events')");
        sql().exec("SELECT tenon.make_queue_functions()");
    }

    /// Puts an event on the queue, as another host does when it settles a step.
    static std::int64_t put(testing::SqlSession& session, const std::string& name) {
        return std::stoll(session.value(
            "SELECT tenon.send_events('orders_domain_events', "
            "ARRAY[jsonb_build_object('event_name', $1::text)])",
            {name}
        ));
    }

    static DomainEvent event(std::int64_t message, std::string name) {
        return {
            .mode = DeliveryMode::broadcast,
            .message = message,
            .namespace_name = "orders",
            .name = std::move(name),
            .document_json = "{}"
        };
    }

    /// Names that arrived, until there are `count` of them or a while has passed.
    static std::vector<std::string> arrived(
        EventBus::Subscription& subscription,
        std::size_t count
    ) {
        std::vector<std::string> names;
        const auto end = std::chrono::steady_clock::now() + (count == 0 ? 200ms : 10'000ms);
        while (std::chrono::steady_clock::now() < end && (count == 0 || names.size() < count)) {
            for (const auto& arrival : subscription.take().events) {
                names.push_back(arrival->name);
            }
            std::this_thread::sleep_for(2ms);
        }
        return names;
    }

    std::string reads() {
        return sql().value(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tenon feed'"
        );
    }

    database::ConnectionPool pool{
        {.conninfo = conninfo(), .size = 2, .application_name = "tenon feed"}
    };
};

TEST_F(EventFeedTest, AsksNothingWhileNobodySubscribes) {
    EventFeed feed(pool, {.poll = 10ms});
    put(sql(), "unheard");
    EXPECT_EQ(feed.publish({event(0, "alone")}), 0U);
    feed.ring();
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(reads(), "0") << "it has not even connected";
}

TEST_F(EventFeedTest, BringsWhatOthersPutOnTheQueueAndLeavesItThere) {
    EventFeed feed(pool, {.poll = 1h});
    put(sql(), "before");
    const auto subscription = feed.bus().subscribe({}, {});
    EXPECT_EQ(feed.follow().at("orders"), 1);
    put(sql(), "after");
    feed.ring();
    EXPECT_THAT(arrived(*subscription, 1), ElementsAre("after"));
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.q_orders_domain_events WHERE read_ct = 0"), "2"
    );
}

TEST_F(EventFeedTest, BringsWhatNobodyRangFor) {
    EventFeed feed(pool, {.poll = 10ms});
    const auto subscription = feed.bus().subscribe({}, {});
    feed.follow();
    put(sql(), "durable");
    EXPECT_THAT(arrived(*subscription, 1), ElementsAre("durable"));
}

TEST_F(EventFeedTest, BringsWhatCommitsLate) {
    EventFeed feed(pool, {.poll = 10ms});
    const auto subscription = feed.bus().subscribe({}, {});
    feed.follow();
    testing::SqlSession slow(conninfo());
    slow.exec("BEGIN");
    put(slow, "late");
    put(sql(), "early");
    EXPECT_THAT(arrived(*subscription, 1), ElementsAre("early"));
    slow.exec("COMMIT");
    EXPECT_THAT(arrived(*subscription, 1), ElementsAre("late"));
    EXPECT_THAT(arrived(*subscription, 0), IsEmpty()) << "each once";
}

TEST_F(EventFeedTest, BringsEachEventOnceWhoeverPublishedIt) {
    EventFeed feed(pool, {.poll = 10ms});
    const auto subscription = feed.bus().subscribe({}, {});
    feed.follow();
    // From the reply first, and then from the queue; and the other way round.
    EXPECT_EQ(feed.publish({event(1, "own")}), 1U);
    put(sql(), "own");
    put(sql(), "others");
    EXPECT_THAT(arrived(*subscription, 2), ElementsAre("own", "others"));
    EXPECT_EQ(feed.publish({event(2, "others")}), 0U);
    EXPECT_THAT(arrived(*subscription, 0), IsEmpty());
}

TEST_F(EventFeedTest, MeetsNewQueuesFromTheirBeginning) {
    EventFeed feed(pool, {.poll = 10ms});
    const auto subscription = feed.bus().subscribe({}, {});
    feed.follow();
    sql().exec("INSERT INTO tenon.task_namespaces (name) VALUES ('stock')");
    sql().exec("SELECT pgmq.create('stock_domain_events')");
    sql().exec("SELECT pgmq.send('stock_domain_events', '{\"event_name\": \"counted\"}')");
    EXPECT_THAT(arrived(*subscription, 1), ElementsAre("counted"));
}

TEST_F(EventFeedTest, BringsALongBacklogInPages) {
    EventFeed feed(pool, {.poll = 10ms});
    auto filter = EventFilter{};
    filter.capacity = 10'000;
    const auto subscription = feed.bus().subscribe(filter, {});
    feed.follow();
    sql().exec(
        "INSERT INTO pgmq.q_orders_domain_events (vt, message) "
        "SELECT now(), '{\"event_name\": \"many\"}' FROM generate_series(1, 1700)"
    );
    EXPECT_EQ(arrived(*subscription, 1700).size(), 1700U);
    EXPECT_THAT(arrived(*subscription, 0), IsEmpty());
}

}  // namespace
}  // namespace tenon::messaging
