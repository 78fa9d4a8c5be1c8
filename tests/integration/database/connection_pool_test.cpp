#include "database/connection_pool.hpp"

#include "database/sql_error.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <latch>
#include <thread>

namespace tenon::database {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

std::string ask(pqxx::connection_base& session, const std::string& statement) {
    pqxx::nontransaction work(session);
    return work.exec1(statement)[0].c_str();
}

class ConnectionPoolTest : public testing::DatabaseTest {
protected:
    ConnectionPool pool(std::size_t size = 1, std::chrono::milliseconds wait = 5s) {
        return ConnectionPool({.conninfo = conninfo(), .size = size, .wait_limit = wait});
    }

    /// The failure of one statement run through `pool`.
    Error failure_of(ConnectionPool& pool, const std::string& statement) {
        try {
            pool.run([&](auto& session) { ask(session, statement); });
        } catch (const Exception& error) {
            return {error.code(), error.what()};
        }
        return {ErrorCode::invalid_input, "nothing failed"};
    }

    void terminate(const std::string& backend_pid) {
        sql().exec("SELECT pg_terminate_backend(" + backend_pid + ", 5000)");
    }
};

TEST_F(ConnectionPoolTest, ReturnsWhatTheWorkReturnsAndKeepsTheConnection) {
    auto connections = pool();
    const auto pid = [](auto& session) { return ask(session, "SELECT pg_backend_pid()"); };
    const std::string first = connections.run(pid);
    EXPECT_EQ(connections.run(pid), first);
    bool ran = false;
    connections.run([&](pqxx::connection_base&) { ran = true; });
    EXPECT_TRUE(ran);
}

TEST_F(ConnectionPoolTest, SessionsAreNamedAndBounded) {
    auto connections = pool();
    const auto show = [&](const std::string& setting) {
        return connections.run([&](auto& session) { return ask(session, "SHOW " + setting); });
    };
    EXPECT_EQ(show("application_name"), "tenon");
    EXPECT_EQ(show("statement_timeout"), "30s");
    EXPECT_EQ(show("idle_in_transaction_session_timeout"), "30s");
}

TEST_F(ConnectionPoolTest, LendsNoMoreThanItsSizeAndWaitsOnlySoLong) {
    auto connections = pool(2, 30ms);
    std::latch both_busy(2);
    std::latch done(1);
    std::vector<std::jthread> users;
    for (int i = 0; i < 2; ++i) {
        users.emplace_back([&] {
            connections.run([&](pqxx::connection_base&) {
                both_busy.count_down();
                done.wait();
            });
        });
    }
    both_busy.wait();
    const auto refused = failure_of(connections, "SELECT 1");
    done.count_down();
    EXPECT_EQ(refused.code, ErrorCode::unavailable);
    EXPECT_THAT(refused.detail, HasSubstr("all 2 connections to PostgreSQL at "));
    EXPECT_THAT(refused.detail, HasSubstr("were busy for 30ms; retry later"));
}

TEST_F(ConnectionPoolTest, ManyThreadsShareFewConnections) {
    sql().exec("CREATE TABLE counter AS SELECT 0 AS n");
    auto connections = pool(3);
    {
        std::vector<std::jthread> users;
        for (int i = 0; i < 8; ++i) {
            users.emplace_back([&] {
                for (int turn = 0; turn < 25; ++turn) {
                    connections.run([](auto& session) {
                        pqxx::work work(session);
                        work.exec("UPDATE counter SET n = n + 1");
                        work.commit();
                    });
                }
            });
        }
    }
    EXPECT_EQ(sql().value("SELECT n FROM counter"), "200");
    EXPECT_LE(
        std::stoi(sql().value("SELECT count(*) FROM pg_stat_activity "
                              "WHERE datname = current_database() AND application_name = 'tenon'")),
        3
    );
}

TEST_F(ConnectionPoolTest, ReplacesAConnectionThatWasLostWhileIdle) {
    auto connections = pool();
    const auto pid = [](auto& session) { return ask(session, "SELECT pg_backend_pid()"); };
    const std::string lost = connections.run(pid);
    terminate(lost);
    EXPECT_NE(connections.run(pid), lost);
}

TEST_F(ConnectionPoolTest, NeverRepeatsWorkThatLostItsConnection) {
    auto connections = pool();
    int runs = 0;
    try {
        connections.run([&](auto& session) {
            ++runs;
            terminate(ask(session, "SELECT pg_backend_pid()"));
            ask(session, "SELECT 1");
        });
        FAIL() << "the session was terminated";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::unavailable) << error.what();
    }
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(connections.run([](auto& session) { return ask(session, "SELECT 7"); }), "7");
}

TEST_F(ConnectionPoolTest, ALostSessionNeverComesBackUnderTheSameConnection) {
    Connection connection({.conninfo = conninfo()});
    ask(connection.session(), "SELECT pg_advisory_lock(1)");
    EXPECT_FALSE(connection.broken());
    terminate(ask(connection.session(), "SELECT pg_backend_pid()"));
    EXPECT_TRUE(connection.broken());
    for (int i = 0; i < 4; ++i) {
        EXPECT_ANY_THROW(ask(connection.session(), "SELECT 1")) << "attempt " << i;
    }
}

TEST_F(ConnectionPoolTest, OurOwnErrorsCarryTheirMeaningAndTheirHint) {
    auto connections = pool();
    const auto raise = [&](const std::string& sqlstate) {
        return failure_of(
            connections,
            "DO $$ BEGIN RAISE EXCEPTION 'template a/b is not known' USING ERRCODE = '" + sqlstate +
                "', HINT = 'register it first', DETAIL = 'not for you'; END $$"
        );
    };
    const std::string sentence = "template a/b is not known; register it first";
    EXPECT_EQ(raise("TN400").code, ErrorCode::invalid_input);
    EXPECT_EQ(raise("TN404").code, ErrorCode::not_found);
    EXPECT_EQ(raise("TN409").code, ErrorCode::conflict);
    EXPECT_EQ(raise("TN409").detail, sentence);
    EXPECT_EQ(raise("40001").code, ErrorCode::unavailable);
    EXPECT_EQ(raise("40P01").code, ErrorCode::unavailable);
    EXPECT_EQ(raise("53300").code, ErrorCode::unavailable);
    EXPECT_EQ(raise("57P03").code, ErrorCode::unavailable);
    EXPECT_EQ(raise("40001").detail, sentence);
    EXPECT_THROW(failure_of(connections, "SELECT * FROM no_such_table"), SqlError);
    EXPECT_EQ(failure_of(connections, "SELECT 'x'::uuid").code, ErrorCode::invalid_input);
}

TEST_F(ConnectionPoolTest, AStatementThatRunsTooLongIsOutOfTime) {
    ConnectionPool hasty({.conninfo = conninfo(), .size = 1, .statement_timeout = 20ms});
    EXPECT_EQ(failure_of(hasty, "SELECT pg_sleep(30)").code, ErrorCode::deadline_exceeded);
}

TEST(ConnectionPool, SaysInOneSentenceThatTheServerCannotBeReached) {
    ConnectionPool connections({.conninfo = "postgresql://me:s3cret@127.0.0.1:1/orders"});
    try {
        connections.run([](pqxx::connection_base&) {});
        FAIL() << "nothing listens on port 1";
    } catch (const Exception& error) {
        EXPECT_STREQ(
            error.what(),
            "cannot reach PostgreSQL at 127.0.0.1:1, database orders: Connection refused; start "
            "that server, or correct the database URL"
        );
        EXPECT_EQ(error.code(), ErrorCode::unavailable);
    }
}

TEST_F(ConnectionPoolTest, SaysWhichDatabaseIsMissing) {
    ConnectionPool connections({.conninfo = conninfo() + " dbname=no_such_db password=s3cret"});
    EXPECT_THAT(
        failure_of(connections, "SELECT 1").detail,
        AllOf(
            HasSubstr("database \"no_such_db\" does not exist; create it with createdb, or correct"
            ),
            Not(HasSubstr("s3cret"))
        )
    );
}

}  // namespace
}  // namespace tenon::database
