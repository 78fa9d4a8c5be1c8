#include "database/sql_error.hpp"

#include <gtest/gtest.h>
#include <pqxx/except>

#include <string>
#include <utility>
#include <vector>

namespace tenon::database {
namespace {

Error meaning_of(const std::string& sqlstate, const std::string& report) {
    try {
        throw_sql_error(sqlstate, report);
    } catch (const Exception& error) {
        return {error.code(), error.what()};
    }
}

TEST(SqlError, EachSqlstateHasOneMeaning) {
    const std::vector<std::pair<std::string, ErrorCode>> table{
        {"TN400", ErrorCode::invalid_input},
        {"TN404", ErrorCode::not_found},
        {"TN409", ErrorCode::conflict},
        {"22P02", ErrorCode::invalid_input},
        {"23505", ErrorCode::conflict},
        {"23P01", ErrorCode::conflict},
        {"08006", ErrorCode::unavailable},
        {"25006", ErrorCode::unavailable},
        {"53300", ErrorCode::unavailable},
        {"58030", ErrorCode::unavailable},
        {"57P01", ErrorCode::unavailable},
        {"57014", ErrorCode::deadline_exceeded},
        {"40001", ErrorCode::unavailable},
        {"40P01", ErrorCode::unavailable},
        {"55P03", ErrorCode::unavailable},
    };
    for (const auto& [sqlstate, code] : table) {
        EXPECT_EQ(meaning_of(sqlstate, "ERROR:  x").code, code) << sqlstate;
    }
}

TEST(SqlError, WhatNobodyCanActOnKeepsItsSqlstate) {
    for (const auto* sqlstate : {"42P01", "23502", "XX000", "40002", "TN999", ""}) {
        try {
            throw_sql_error(sqlstate, "ERROR:  relation is gone");
        } catch (const SqlError& error) {
            EXPECT_EQ(error.sqlstate(), sqlstate);
            EXPECT_EQ(
                std::string(error.what()),
                "the database refused a statement (" + std::string(sqlstate) + "): relation is gone"
            );
        }
    }
}

TEST(SqlError, TheSentenceIsThePrimaryMessageAndTheHint) {
    EXPECT_EQ(
        meaning_of(
            "TN404",
            "ERROR:  template a/b is not known\nDETAIL:  private\nHINT:  register it\n"
            "CONTEXT:  PL/pgSQL function x\nmore context\n"
        )
            .detail,
        "template a/b is not known; register it"
    );
    EXPECT_EQ(meaning_of("TN404", "FEHLER:  nichts da\n").detail, "nichts da");
    EXPECT_EQ(
        meaning_of("TN404", "ERROR:  two\nlines\nHINT:  fix\nthis").detail, "two lines; fix this"
    );
    EXPECT_EQ(meaning_of("TN404", "").detail, "");
}

TEST(SqlError, NothingOfLibpqxxPassesThrough) {
    const auto code_of = [](const auto& thrown) {
        try {
            translate_errors("h:1, database d", [&] { throw thrown; });
        } catch (const Exception& error) {
            return error.code();
        }
        return ErrorCode::plugin_failure;
    };
    EXPECT_EQ(code_of(pqxx::broken_connection("gone")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(pqxx::in_doubt_error("who knows")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(pqxx::deadlock_detected("dead")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(pqxx::serialization_failure("again")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(pqxx::unique_violation("twice", "", "23505")), ErrorCode::conflict);
}

TEST(SqlError, UnreachableServersComeWithTheFix) {
    const std::string endpoint = "h:1, database d";
    EXPECT_EQ(
        unreachable(
            endpoint,
            "connection to server at \"h\" (1.2.3.4), port 1 failed: Connection refused\n"
            "\tIs the server running on that host and accepting TCP/IP connections?\n"
        )
            .detail,
        "cannot reach PostgreSQL at h:1, database d: Connection refused; start that server, or "
        "correct the database URL"
    );
    EXPECT_EQ(
        unreachable(
            endpoint,
            "connection to server at \"h\", port 1 failed: FATAL:  password authentication failed "
            "for user \"me\"\n"
        )
            .detail,
        "cannot reach PostgreSQL at h:1, database d: password authentication failed for user "
        "\"me\"; correct the user or the password in the database URL"
    );
}

}  // namespace
}  // namespace tenon::database
