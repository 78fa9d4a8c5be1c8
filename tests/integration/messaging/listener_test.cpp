#include "messaging/listener.hpp"

#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace tenon::messaging {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class ListenerTest : public testing::DatabaseTest {
protected:
    Listener::Observers observers() {
        return {
            .connected =
                [this] {
                    on_connected();
                    note("connected");
                },
            .heard = [this](const auto& heard) { note(heard.channel + ":" + heard.payload); },
            .lost = [this] { note("lost"); }
        };
    }

    void note(const std::string& what) {
        const std::scoped_lock lock(mutex);
        events.push_back(what);
        news.notify_all();
    }

    bool await(const std::string& what, std::ptrdiff_t times = 1) {
        std::unique_lock lock(mutex);
        return news.wait_for(lock, 20s, [&] { return std::ranges::count(events, what) >= times; });
    }

    void notify(const std::string& payload) {
        sql().rows("SELECT pg_notify('tenon_work', $1)", {payload});
    }

    static constexpr auto breaking =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tenon listener'";

    std::function<void()> on_connected = [] {};
    std::mutex mutex;
    std::condition_variable news;
    std::vector<std::string> events;
};

TEST_F(ListenerTest, HearsItsChannelsAndNoOthers) {
    Listener listener(conninfo(), {"tenon_work", "tenon_due"}, observers());
    ASSERT_TRUE(await("connected"));
    EXPECT_TRUE(listener.connected());
    sql().exec("SELECT pg_notify('elsewhere', 'x'), pg_notify('tenon_due', '')");
    notify("orders");
    ASSERT_TRUE(await("tenon_work:orders"));
    const std::scoped_lock lock(mutex);
    EXPECT_THAT(events, ElementsAre("connected", "tenon_due:", "tenon_work:orders"));
}

TEST_F(ListenerTest, WhatIsAnnouncedFromTheMomentItIsConnectedIsHeard) {
    on_connected = [this] {
        testing::SqlSession other(conninfo());
        other.exec("SELECT pg_notify('tenon_work', 'during the first look')");
    };
    const Listener listener(conninfo(), {"tenon_work"}, observers());
    EXPECT_TRUE(await("tenon_work:during the first look"));
}

TEST_F(ListenerTest, GoesOnWhenAnObserverThrowsWhateverItIsTold) {
    auto throwing = observers();
    throwing.lost = [this] {
        note("lost");
        throw std::runtime_error("nobody takes the news");
    };
    on_connected = [tries = 0]() mutable {
        if (++tries == 1) {
            throw std::runtime_error("not yet");
        }
    };
    const Listener listener(conninfo(), {"tenon_work"}, std::move(throwing));
    ASSERT_TRUE(await("connected"));
    notify("orders");
    EXPECT_TRUE(await("tenon_work:orders"));
    const std::scoped_lock lock(mutex);
    EXPECT_THAT(events, ElementsAre("lost", "connected", "tenon_work:orders"));
}

TEST_F(ListenerTest, ConnectsAgainAndLooksAgainBeforeItListensOn) {
    // What a look finds: the work that was announced while nobody listened.
    sql().exec("CREATE TABLE work (n integer)");
    on_connected = [this] {
        testing::SqlSession look(conninfo());
        note("saw " + look.value("SELECT count(*) FROM work"));
    };
    const Listener listener(conninfo(), {"tenon_work"}, observers());
    ASSERT_TRUE(await("connected"));
    // In one transaction: it is committed long before the listener can be back.
    sql().exec(
        "INSERT INTO work VALUES (1); SELECT pg_notify('tenon_work', 'lost'); " +
        std::string(breaking)
    );
    ASSERT_TRUE(await("connected", 2));
    EXPECT_TRUE(listener.connected());
    {
        const std::scoped_lock lock(mutex);
        EXPECT_EQ(events.front(), "saw 0");
        EXPECT_EQ(std::ranges::count(events, "lost"), 1);
        EXPECT_LT(std::ranges::find(events, "lost"), std::ranges::find(events, "saw 1"));
        EXPECT_EQ(std::ranges::count(events, "saw 1"), 1);
    }
    notify("again");
    EXPECT_TRUE(await("tenon_work:again"));
}

TEST_F(ListenerTest, CallsItselfAndHearsNothingOfIt) {
    const Listener::Rhythm rhythm{.call_every = 20ms, .answer_within = 5s};
    const Listener listener(conninfo(), {"tenon_work"}, observers(), rhythm);
    ASSERT_TRUE(await("connected"));
    const auto calls = [this] {
        return sql().value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'tenon listener' AND query LIKE 'NOTIFY tenon_echo_%'"
        );
    };
    while (calls() != "1") {
        sql().exec("SELECT pg_sleep(0.01)");
    }
    notify("orders");
    ASSERT_TRUE(await("tenon_work:orders"));
    EXPECT_TRUE(listener.connected());
    const std::scoped_lock lock(mutex);
    EXPECT_THAT(events, ElementsAre("connected", "tenon_work:orders"));
}

TEST_F(ListenerTest, TakesACallThatDoesNotComeBackForABrokenConnection) {
    const Listener::Rhythm rhythm{.call_every = 20ms, .answer_within = 200ms};
    const Listener listener(conninfo(), {"tenon_work"}, observers(), rhythm);
    ASSERT_TRUE(await("connected"));
    const auto backend =
        std::stoi(sql().value("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                              "AND application_name = 'tenon listener'"));
    // The connection stays open and is dumb, as behind a route that died.
    ASSERT_EQ(::kill(backend, SIGSTOP), 0);
    EXPECT_TRUE(await("lost"));
    EXPECT_TRUE(await("connected", 2));
    EXPECT_EQ(::kill(backend, SIGCONT), 0);
    notify("again");
    EXPECT_TRUE(await("tenon_work:again"));
}

TEST_F(ListenerTest, KeepsTryingWithoutAServerAndStopsAtOnce) {
    Listener listener("host=/nonexistent dbname=none", {"tenon_work"}, observers());
    EXPECT_FALSE(listener.connected());
    listener.stop();
    listener.stop();
    const std::scoped_lock lock(mutex);
    EXPECT_THAT(events, ElementsAre());
}

}  // namespace
}  // namespace tenon::messaging
