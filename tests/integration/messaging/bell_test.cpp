#include "messaging/bell.hpp"

#include "database/notification_stream.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

namespace tenon::messaging {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class BellTest : public testing::DatabaseTest {
protected:
    /// Payloads in the order they arrive, the first `last` included; "silence" if it never comes.
    std::vector<std::string> hear_until(const std::string& last) {
        std::vector<std::string> payloads;
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (payloads.empty() || payloads.back() != last) {
            if (std::chrono::steady_clock::now() > deadline) {
                payloads.emplace_back("silence");
                return payloads;
            }
            for (const auto& heard : ears.wait(100ms)) {
                payloads.push_back(heard.payload);
            }
        }
        return payloads;
    }

    database::ConnectionPool pool{{.conninfo = conninfo(), .size = 1}};
    database::NotificationStream ears{conninfo(), {"tenon_work", "tenon_due"}};
};

TEST_F(BellTest, IsHeardOnItsChannelWithItsPayload) {
    Bell bell(pool);
    bell.ring("tenon_due", "");
    const auto heard = ears.wait(20s);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].channel, "tenon_due");
    EXPECT_EQ(heard[0].payload, "");
    bell.ring("tenon_work", R"(it's "quoted" \ $1)");
    EXPECT_EQ(hear_until(R"(it's "quoted" \ $1)").size(), 1U);
}

TEST_F(BellTest, RingsThatAreStillOnTheirWayCoalesce) {
    std::latch taken(1);
    std::latch release(1);
    std::jthread holder([&] {
        pool.run([&](auto&) {
            taken.count_down();
            release.wait();
        });
    });
    taken.wait();
    Bell bell(pool);
    for (int i = 0; i < 1000; ++i) {
        bell.ring("tenon_work", "many");
        bell.ring("tenon_work", "more");
    }
    release.count_down();
    // Those that the bell had already taken, and one for all that came while it was waiting.
    const auto heard_before_the_end = [&] {
        bell.stop();
        sql().exec("SELECT pg_notify('tenon_work', 'the end')");
        return hear_until("the end").size() - 1;
    };
    const auto first = hear_until("more");
    EXPECT_THAT(first, ::testing::Contains("many"));
    EXPECT_LE(first.size() + heard_before_the_end(), 4U);
}

TEST_F(BellTest, DropsRingsWhileItIsMuted) {
    Bell bell(pool);
    bell.set_muted(true);
    bell.ring("tenon_work", "unheard");
    bell.set_muted(false);
    bell.ring("tenon_work", "heard");
    EXPECT_THAT(hear_until("heard"), ElementsAre("heard"));
}

TEST_F(BellTest, DropsRingsWhileItIsSwitchedOffWhoeverMayListen) {
    Bell bell(pool);
    bell.set_enabled(false);
    bell.set_muted(false);
    bell.ring("tenon_work", "unheard");
    bell.set_enabled(true);
    bell.ring("tenon_work", "heard");
    EXPECT_THAT(hear_until("heard"), ElementsAre("heard"));
}

TEST_F(BellTest, RingsWhateverTransactionsAreOpen) {
    testing::SqlSession busy(conninfo());
    busy.exec("BEGIN; SELECT pg_notify('tenon_work', 'uncommitted')");
    Bell bell(pool);
    bell.ring("tenon_work", "heard");
    EXPECT_THAT(hear_until("heard"), ElementsAre("heard"));
    busy.exec("ROLLBACK");
}

TEST_F(BellTest, SurvivesTheLossOfItsConnection) {
    Bell bell(pool);
    bell.ring("tenon_work", "before");
    hear_until("before");
    sql().exec(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tenon'"
    );
    std::vector<database::Notification> heard;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (heard.empty() && std::chrono::steady_clock::now() < deadline) {
        bell.ring("tenon_work", "after");
        heard = ears.wait(50ms);
    }
    ASSERT_FALSE(heard.empty());
    EXPECT_EQ(heard[0].payload, "after");
}

}  // namespace
}  // namespace tenon::messaging
