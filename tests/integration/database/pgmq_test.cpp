#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tenon::database {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::SqlSession;
using testing::StatementRefused;

/// The queue as a plain PGMQ client sees it.
class PgmqTest : public testing::DatabaseTest {
protected:
    void SetUp() override { sql().exec("SELECT pgmq.create('orders')"); }

    std::string value(const std::string& statement) { return sql().value(statement); }

    /// Ids and read counts of a read, as "id/count id/count".
    std::string read(const std::string& arguments) {
        return value(
            "SELECT string_agg(msg_id || '/' || read_ct, ' ' ORDER BY msg_id) FROM pgmq.read(" +
            arguments + ")"
        );
    }

    std::string refusal_of(const std::string& statement) {
        try {
            sql().exec(statement);
        } catch (const StatementRefused& refused) {
            return refused.sqlstate() + " " + refused.what();
        }
        return "nothing was refused";
    }
};

TEST_F(PgmqTest, AMessageIsReadHiddenReadAgainAndDeleted) {
    EXPECT_EQ(value("SELECT * FROM pgmq.send('orders', '{\"a\": 1}')"), "1");
    const auto rows = sql().rows(
        "SELECT msg_id, read_ct, message, headers, vt > clock_timestamp() + interval '25 s', "
        "enqueued_at <= clock_timestamp() FROM pgmq.read('orders', 30, 5)"
    );
    ASSERT_THAT(rows, SizeIs(1));
    const testing::TextRow expected{"1", "1", "{\"a\": 1}", std::nullopt, "t", "t"};
    EXPECT_EQ(rows[0], expected);
    EXPECT_EQ(read("'orders', 30, 5"), "NULL") << "hidden";
    EXPECT_EQ(value("SELECT msg_id FROM pgmq.set_vt('orders', 1, 0)"), "1");
    EXPECT_EQ(read("'orders', 0, 5"), "1/2");
    EXPECT_EQ(value("SELECT pgmq.delete('orders', 1)"), "t");
    EXPECT_EQ(value("SELECT pgmq.delete('orders', 1)"), "f");
}

TEST_F(PgmqTest, EveryOverloadOfSendArrives) {
    sql().exec(R"(
        SELECT pgmq.send('orders', '1');
        SELECT pgmq.send('orders', '2', '{"h": 2}'::jsonb);
        SELECT pgmq.send('orders', '3', 3600);
        SELECT pgmq.send('orders', '4', clock_timestamp() + interval '1 hour');
        SELECT pgmq.send('orders', '5', '{"h": 5}', 3600);
        SELECT pgmq.send('orders', '6', '{"h": 6}', clock_timestamp() - interval '1 hour');
        SELECT pgmq.send_batch('orders', ARRAY['7', '8']::jsonb[]);
        SELECT pgmq.send_batch('orders', ARRAY['9']::jsonb[], ARRAY['{"h": 9}']::jsonb[]);
        SELECT pgmq.send_batch('orders', ARRAY['10']::jsonb[], 3600);
        SELECT pgmq.send_batch('orders', ARRAY['11']::jsonb[], now() + interval '1 hour');
        SELECT pgmq.send_batch('orders', ARRAY['12', '13']::jsonb[],
                               ARRAY['{"h": 12}']::jsonb[], 0);
    )");
    EXPECT_EQ(
        value("SELECT string_agg(message || coalesce(headers ->> 'h', ''), ' ' ORDER BY msg_id) "
              "FROM pgmq.read('orders', 30, 100)"),
        "1 22 66 7 8 99 1212 13"
    );
    EXPECT_EQ(value("SELECT count(*) FROM pgmq.q_orders WHERE vt > now() + interval '50 min'"), "5")
        << "the delayed ones";
    EXPECT_THAT(
        refusal_of("SELECT pgmq.send_batch('orders', ARRAY['1']::jsonb[], "
                   "ARRAY['{}', '{}']::jsonb[])"),
        HasSubstr("got 2 headers for 1 messages")
    );
}

TEST_F(PgmqTest, ReadsTheOldestFirstUpToTheQuantityAndByCondition) {
    sql().exec(
        "SELECT pgmq.send_batch('orders', ARRAY['{\"k\":1}','{\"k\":2}','{\"k\":1}']::jsonb[])"
    );
    EXPECT_EQ(read("'orders', 30, 1"), "1/1");
    EXPECT_EQ(read("'orders', 30, 5, '{\"k\": 1}'"), "3/1");
    EXPECT_EQ(read("'orders', 30, 5"), "2/1");
}

TEST_F(PgmqTest, PopTakesTheMessageForGood) {
    sql().exec("SELECT pgmq.send('orders', '\"x\"')");
    EXPECT_EQ(value("SELECT message FROM pgmq.pop('orders')"), "\"x\"");
    EXPECT_THAT(sql().rows("SELECT * FROM pgmq.pop('orders')"), SizeIs(0));
    EXPECT_EQ(value("SELECT count(*) FROM pgmq.q_orders"), "0");
}

TEST_F(PgmqTest, ArchivingKeepsTheMessageWithItsHeaders) {
    sql().exec("SELECT pgmq.send('orders', '{}', '{\"h\": 1}'::jsonb) FROM generate_series(1, 3)");
    EXPECT_EQ(value("SELECT pgmq.archive('orders', 1)"), "t");
    EXPECT_EQ(value("SELECT pgmq.archive('orders', 1)"), "f");
    EXPECT_EQ(
        value("SELECT string_agg(a::text, ',') FROM pgmq.archive('orders', ARRAY[2, 3, 9]) a"),
        "2,3"
    );
    EXPECT_EQ(
        value("SELECT count(*) FROM pgmq.a_orders WHERE archived_at <= now() AND headers ? 'h'"),
        "3"
    );
    EXPECT_EQ(value("SELECT count(*) FROM pgmq.q_orders"), "0");
}

TEST_F(PgmqTest, DeletesAndPurgesMany) {
    sql().exec("SELECT pgmq.send('orders', '{}') FROM generate_series(1, 5)");
    EXPECT_EQ(
        value("SELECT string_agg(d::text, ',') FROM pgmq.delete('orders', ARRAY[1, 2, 77]) d"),
        "1,2"
    );
    EXPECT_EQ(value("SELECT pgmq.purge_queue('orders')"), "3");
}

TEST_F(PgmqTest, ConcurrentReadersNeverGetTheSameMessage) {
    constexpr int messages = 400;
    sql().exec(
        "SELECT pgmq.send_batch('orders', array_agg(to_jsonb(i))) "
        "FROM generate_series(1, 400) i"
    );
    std::array<std::vector<std::string>, 4> taken;
    {
        std::vector<std::jthread> readers;
        for (auto& mine : taken) {
            readers.emplace_back([&] {
                SqlSession session(conninfo());
                for (;;) {
                    const auto rows = session.rows("SELECT msg_id FROM pgmq.read('orders', 60, 7)");
                    if (rows.empty()) {
                        return;
                    }
                    for (const auto& row : rows) {
                        mine.push_back(*row[0]);
                    }
                }
            });
        }
    }
    std::multiset<std::string> all;
    for (const auto& mine : taken) {
        all.insert(mine.begin(), mine.end());
    }
    EXPECT_THAT(all, SizeIs(messages));
    EXPECT_THAT(std::set(all.begin(), all.end()), SizeIs(messages)) << "some were read twice";
    EXPECT_EQ(value("SELECT count(*) FROM pgmq.q_orders WHERE read_ct <> 1"), "0");
}

TEST_F(PgmqTest, AReaderPassesOverWhatAnotherHoldsWithoutWaiting) {
    sql().exec("SELECT pgmq.send('orders', '{}') FROM generate_series(1, 2)");
    SqlSession other(conninfo());
    other.exec("BEGIN; SELECT * FROM pgmq.read('orders', 30, 1)");
    sql().exec("SET statement_timeout = '5s'");
    EXPECT_EQ(read("'orders', 30, 5"), "2/1");
    other.exec("ROLLBACK");
    EXPECT_EQ(read("'orders', 30, 5"), "1/1") << "its reader gave up";
}

TEST_F(PgmqTest, PollingReturnsAsSoonAsAMessageComes) {
    EXPECT_THAT(sql().rows("SELECT * FROM pgmq.read_with_poll('orders', 1, 1, 0, 1)"), SizeIs(0));
    std::jthread sender([&] { SqlSession(conninfo()).exec("SELECT pgmq.send('orders', '1')"); });
    EXPECT_EQ(value("SELECT msg_id FROM pgmq.read_with_poll('orders', 30, 1, 20, 5)"), "1");
}

TEST_F(PgmqTest, MetricsCountVisibleHiddenAndAllEverSent) {
    sql().exec("SELECT pgmq.send('orders', '{}') FROM generate_series(1, 3)");
    sql().exec("SELECT pgmq.send('orders', '{}', 3600); SELECT pgmq.pop('orders')");
    EXPECT_EQ(
        value("SELECT concat_ws(' ', queue_name, queue_length, queue_visible_length, "
              "total_messages, newest_msg_age_sec < 60) FROM pgmq.metrics('orders')"),
        "orders 3 2 4 t"
    );
    EXPECT_EQ(
        value("SELECT queue_length FROM pgmq.metrics_all() WHERE queue_name = 'orders'"), "3"
    );
}

TEST_F(PgmqTest, QueuesAreListedMadeTwiceWithoutHarmAndDropped) {
    sql().exec("SELECT pgmq.create('orders'); SELECT pgmq.create_unlogged('scratch')");
    EXPECT_EQ(
        value("SELECT string_agg(queue_name || is_partitioned || is_unlogged, ' ' ORDER BY 1) "
              "FROM pgmq.list_queues() WHERE queue_name IN ('orders', 'scratch')"),
        "ordersfalsefalse scratchfalsetrue"
    );
    EXPECT_EQ(value("SELECT relpersistence FROM pg_class WHERE relname = 'q_scratch'"), "u");
    EXPECT_EQ(value("SELECT pgmq.drop_queue('scratch')"), "t");
    EXPECT_EQ(value("SELECT pgmq.drop_queue('scratch')"), "f");
    EXPECT_EQ(value("SELECT to_regclass('pgmq.a_scratch')"), "NULL");
}

TEST_F(PgmqTest, TwoSessionsMayCreateOneQueueAtOnce) {
    std::vector<std::jthread> creators;
    for (int i = 0; i < 6; ++i) {
        creators.emplace_back([&] {
            EXPECT_NO_THROW(SqlSession(conninfo()).exec("SELECT pgmq.create('rush')"));
        });
    }
    creators.clear();
    EXPECT_EQ(value("SELECT count(*) FROM pgmq.meta WHERE queue_name = 'rush'"), "1");
}

TEST_F(PgmqTest, NamesAreCheckedAndMissingQueuesNamed) {
    EXPECT_THAT(
        refusal_of("SELECT pgmq.send('nope', '{}')"),
        HasSubstr("42P01 ERROR:  queue \"nope\" does not exist")
    );
    EXPECT_THAT(refusal_of("SELECT pgmq.create('a;b')"), HasSubstr("invalid characters"));
    EXPECT_THAT(refusal_of("SELECT pgmq.create('it''s')"), HasSubstr("invalid characters"));
    EXPECT_THAT(refusal_of("SELECT pgmq.create('')"), HasSubstr("is empty"));
    EXPECT_THAT(refusal_of("SELECT pgmq.create(repeat('x', 48))"), HasSubstr("too long"));
    sql().exec("SELECT pgmq.create(repeat('x', 47)); SELECT pgmq.create('Odd-Name \"q\"')");
    EXPECT_EQ(value("SELECT pgmq.send('Odd-Name \"q\"', '{}')"), "1");
    EXPECT_EQ(value("SELECT (pgmq.metrics(repeat('x', 47))).total_messages"), "0");
}

TEST_F(PgmqTest, TheLayoutIsThatOfPgmq) {
    EXPECT_EQ(
        value("SELECT string_agg(attname || ':' || atttypid::regtype, ' ' ORDER BY attnum) "
              "FROM pg_attribute WHERE attrelid = 'pgmq.message_record'::regclass"),
        "msg_id:bigint read_ct:integer enqueued_at:timestamp with time zone "
        "vt:timestamp with time zone message:jsonb headers:jsonb"
    );
    EXPECT_EQ(
        value("SELECT count(*) FROM pg_index i, pg_attribute a WHERE i.indrelid = "
              "'pgmq.q_orders'::regclass AND a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
              "AND a.attname = 'vt'"),
        "1"
    );
}

}  // namespace
}  // namespace tenon::database
