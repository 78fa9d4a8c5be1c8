#include "database/repositories/queues/queue_repository.hpp"

#include "messaging/queue_names.hpp"
#include "orchestration_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::orchestration {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr auto queue = messaging::finalizations_queue;

class QueueRepositoryTest : public testing::OrchestrationTest {
protected:
    std::vector<QueueMessage> read(std::int32_t limit = 100) {
        return queues().read(queue, {.limit = limit});
    }

    std::string read_counts() {
        return sql().value(
            "SELECT string_agg(read_ct::text, ' ' ORDER BY msg_id) FROM pgmq.q_" +
            std::string(queue)
        );
    }
};

TEST_F(QueueRepositoryTest, ReadsTheOldestFirstAndHidesThemFromOthers) {
    send(queue, R"({"n": 1})");
    send(queue, R"({"n":2})");
    send(queue, "null");
    EXPECT_THAT(
        read(2),
        ElementsAre(
            AllOf(Field(&QueueMessage::text, R"({"n": 1})"), Field(&QueueMessage::read_count, 1)),
            Field(&QueueMessage::text, R"({"n": 2})")
        )
    );
    EXPECT_THAT(read(2), ElementsAre(Field(&QueueMessage::text, "null")));
    EXPECT_THAT(read(2), IsEmpty());
    EXPECT_EQ(waiting(queue), "3");
}

TEST_F(QueueRepositoryTest, DoesNotWaitForTheDiskWhenItReads) {
    sql().exec(
        "CREATE TABLE seen (setting text);"
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; "
        "END$$;"
        "CREATE TRIGGER see BEFORE UPDATE ON pgmq.q_orchestration_task_finalizations "
        "FOR EACH ROW EXECUTE FUNCTION see()"
    );
    send(queue, "{}");
    read();
    EXPECT_EQ(sql().value("SELECT setting FROM seen"), "off");
    send(queue, "{}");
    queues().redeliver();
    EXPECT_EQ(
        sql().value("SELECT string_agg(setting, ' ' ORDER BY setting DESC) FROM seen"), "on off"
    ) << "the setting outlived the read";
}

TEST_F(QueueRepositoryTest, LooksAtAllQueuesAndTimersAtOnce) {
    auto outlook = queues().look();
    EXPECT_FALSE(outlook.task_requests || outlook.step_results || outlook.finalizations);
    EXPECT_EQ(outlook.next_due, std::nullopt);

    send(messaging::step_results_queue, "{}");
    send(queue, "{}");
    read();
    sql().exec(
        "INSERT INTO tenon.due (task_uuid, step_no, due_at) "
        "VALUES (gen_random_uuid(), 1, clock_timestamp() + interval '1 minute')"
    );
    outlook = queues().look();
    EXPECT_FALSE(outlook.task_requests);
    EXPECT_TRUE(outlook.step_results);
    EXPECT_FALSE(outlook.finalizations) << "its message is invisible";
    EXPECT_GT(outlook.next_due.value(), 50s);
    EXPECT_LE(outlook.next_due.value(), 60s);
}

TEST_F(QueueRepositoryTest, GivesBackAsIfNothingHadBeenRead) {
    send(queue, "{}");
    send(queue, "{}");
    const auto messages = read();
    database::QueueRepository::Ids unread;
    unread.finalizations = {messages[0].id, 999};
    EXPECT_EQ(queues().give_back(unread), 1);
    EXPECT_EQ(read_counts(), "0 1");
    EXPECT_THAT(read(), ElementsAre(Field(&QueueMessage::id, messages[0].id)));
    EXPECT_EQ(read_counts(), "1 1");
}

TEST_F(QueueRepositoryTest, RedeliversWhatWasReadButNotWhatIsForLater) {
    send(queue, "{}");
    send(messaging::task_requests_queue, "{}");
    sql().value(
        "SELECT pgmq.send('" + std::string(messaging::step_results_queue) + "', '{}', 3600)"
    );
    read();
    queues().read(messaging::task_requests_queue, {});
    EXPECT_EQ(queues().redeliver(), 2);
    EXPECT_TRUE(queues().look().finalizations);
    EXPECT_TRUE(queues().look().task_requests);
    EXPECT_FALSE(queues().look().step_results);
    read();
    EXPECT_EQ(read_counts(), "2") << "a read whose reader died counts";
}

TEST_F(QueueRepositoryTest, LeavesMessagesThatSomebodyIsProcessing) {
    send(queue, "{}");
    send(queue, "{}");
    const auto messages = read();
    testing::SqlSession other(conninfo());
    other.exec(
        "BEGIN; DELETE FROM pgmq.q_orchestration_task_finalizations WHERE msg_id = " +
        std::to_string(messages[0].id)
    );
    EXPECT_EQ(queues().redeliver(), 1);
    other.exec("COMMIT");
    EXPECT_THAT(read(), ElementsAre(Field(&QueueMessage::id, messages[1].id)));
}

TEST_F(QueueRepositoryTest, ArchivesEachMessageWithItsReason) {
    send(queue, R"({"n":1})");
    send(queue, R"({"n":2})");
    const auto messages = read();
    const std::string reason = "it said \"no\", and \\ and 'so'";
    EXPECT_EQ(
        queues().archive(
            queue, {{messages[1].id, reason}, {messages[0].id, "first"}, {12345, "is not there"}}
        ),
        2
    );
    EXPECT_EQ(waiting(queue), "0");
    EXPECT_EQ(archived(queue), "first|" + reason);
    EXPECT_EQ(
        sql().value(
            "SELECT message ->> 'message' FROM pgmq.a_orchestration_task_finalizations "
            "WHERE msg_id = " +
            std::to_string(messages[1].id)
        ),
        R"({"n": 2})"
    );
}

}  // namespace
}  // namespace tenon::orchestration
