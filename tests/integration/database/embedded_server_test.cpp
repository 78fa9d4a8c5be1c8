#include "database/embedded_server.hpp"

#include "database/embedded/process_table.hpp"
#include "foundation/error.hpp"
#include "other_host.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::SqlSession;
using ::testing::StartsWith;

/// Tests of one data directory.
class EmbeddedServerTest : public ::testing::Test {
protected:
    EmbeddedServer::Options options(const std::string& folder = "data") {
        return {.data_directory = fs::path(directory_.path()) / folder};
    }

    fs::path data(const std::string& name) { return fs::path(directory_.path()) / "data" / name; }

    std::string start_failure(EmbeddedServer::Options chosen) {
        EmbeddedServer server(std::move(chosen));
        try {
            server.start();
        } catch (const Exception& error) {
            code_ = error.code();
            return error.what();
        }
        return "it started";
    }

    testing::TemporaryDirectory directory_;
    ErrorCode code_ = ErrorCode::invalid_input;
};

TEST_F(EmbeddedServerTest, ServesAPrivateDurableDatabaseCalledTenon) {
    EmbeddedServer server(options());
    server.start();
    SqlSession sql(server.conninfo());
    EXPECT_EQ(sql.value("SELECT current_user || '@' || current_database()"), "tenon@tenon");
    EXPECT_EQ(sql.value("SHOW server_encoding"), "UTF8");
    EXPECT_EQ(sql.value("SHOW lc_collate"), "C");
    EXPECT_EQ(sql.value("SHOW listen_addresses"), "");
    EXPECT_EQ(sql.value("SHOW fsync"), "on");
    EXPECT_EQ(sql.value("SHOW synchronous_commit"), "on");
    EXPECT_EQ(sql.value("SHOW wal_compression"), "lz4");

    struct stat socket_directory{};
    ASSERT_EQ(stat(data("run").c_str(), &socket_directory), 0);
    EXPECT_EQ(socket_directory.st_mode & 0777, 0700U);
    EXPECT_EQ(getsid(server.postmaster_pid()), server.postmaster_pid())
        << "a terminal's Ctrl-C must reach the host alone";
}

TEST_F(EmbeddedServerTest, KeepsItsDataOverRestartsAndLeavesNothingRunning) {
    EmbeddedServer server(options());
    server.start();
    SqlSession(server.conninfo()).exec("CREATE TABLE kept AS SELECT 42 AS answer");
    const pid_t first = server.postmaster_pid();
    server.stop();
    EXPECT_EQ(kill(first, 0), -1) << "stopped and reaped";
    EXPECT_FALSE(fs::exists(data("cluster/postmaster.pid")));

    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT answer FROM kept"), "42");
    EXPECT_TRUE(server.running());
}

TEST_F(EmbeddedServerTest, TheOperatorsFileHasTheLastWordExceptOnTheSocket) {
    fs::create_directories(data(""));
    std::ofstream(data("operator.conf")) << "work_mem = '7MB'\nlisten_addresses = '*'\n";
    auto chosen = options();
    chosen.settings = {{"work_mem", "9MB"}, {"max_connections", "33"}};
    EmbeddedServer server(chosen);
    server.start();
    SqlSession sql(server.conninfo());
    EXPECT_EQ(sql.value("SHOW work_mem"), "7MB");
    EXPECT_EQ(sql.value("SHOW max_connections"), "33");
    EXPECT_EQ(sql.value("SHOW listen_addresses"), "");
}

TEST_F(EmbeddedServerTest, RefusesASecondHostNamingDirectoryAndProcess) {
    OtherHost first(data("").parent_path());
    ASSERT_GT(std::stoi(first.first_line()), 0);
    EXPECT_EQ(
        start_failure(options()),
        "data directory " + data("").parent_path().string() +
            " is in use by another tenon host (pid " + std::to_string(first.pid()) +
            "); stop that one, or choose another directory with --data-dir"
    );
    EXPECT_EQ(code_, ErrorCode::conflict);
}

TEST_F(EmbeddedServerTest, AKilledHostTakesItsServerAlongAndTheNextOneStarts) {
    OtherHost victim(data("").parent_path());
    const pid_t postmaster = std::stoi(victim.first_line());
    victim.kill_hard();
    EXPECT_TRUE(eventually([&] { return !is_running(postmaster); })) << "by the kernel's signal";
    EXPECT_FALSE(fs::exists(data("cluster/postmaster.pid"))) << "it shut down in order";

    EmbeddedServer server(options());
    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, RecoversWhenHostAndServerAreKilledTogether) {
    OtherHost victim(data("").parent_path());
    const pid_t postmaster = std::stoi(victim.first_line());
    kill(victim.pid(), SIGSTOP);  // Otherwise it would see the server die and tidy up.
    kill(postmaster, SIGKILL);
    victim.kill_hard();
    ASSERT_TRUE(fs::exists(data("cluster/postmaster.pid"))) << "the point of this test";

    EmbeddedServer server(options());
    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, AHostKilledDuringInitdbLeavesNothingHalfDone) {
    const auto has_draft = [&] {
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(data(""), absent)) {
            if (entry.path().filename().string().starts_with("draft.") &&
                fs::exists(entry.path() / "PG_VERSION")) {
                return true;
            }
        }
        return false;
    };
    OtherHost victim(data("").parent_path());
    ASSERT_TRUE(eventually(has_draft));
    victim.kill_hard();
    ASSERT_FALSE(fs::exists(data("cluster"))) << "the point of this test";

    EmbeddedServer server(options());
    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1");
    EXPECT_FALSE(has_draft());
}

TEST_F(EmbeddedServerTest, TheServerOutlivesTheThreadThatStartedIt) {
    EmbeddedServer server(options());
    std::thread([&] { server.start(); }).join();
    SqlSession sql(server.conninfo());
    EXPECT_EQ(sql.value("SELECT 1"), "1");
    EXPECT_TRUE(server.running());
}

TEST_F(EmbeddedServerTest, NoticesThatItsServerDied) {
    EmbeddedServer server(options());
    server.start();
    kill(server.postmaster_pid(), SIGKILL);
    EXPECT_TRUE(eventually([&] { return !server.running(); }));
    server.stop();
    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, FindsASocketPathThatFitsForADeepDataDirectory) {
    EmbeddedServer server(options(std::string(90, 'a') + "/" + std::string(90, 'b')));
    server.start();
    EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1");
}

TEST_F(EmbeddedServerTest, QuotesWhatIsOddInAPath) {
    for (const auto* folder : {"it's \"odd\" \\ really", "one,two"}) {
        EmbeddedServer server(options(folder));
        server.start();
        EXPECT_EQ(SqlSession(server.conninfo()).value("SELECT 1"), "1") << folder;
    }
}

TEST_F(EmbeddedServerTest, SaysInOneSentenceThatTheDirectoryCannotBeMade) {
    std::ofstream(data("").parent_path()) << "a file, not a directory";
    EXPECT_EQ(
        start_failure(options("data/inner")),
        "data directory " + (data("inner")).string() +
            " cannot be created: Not a directory; choose a writable one with --data-dir"
    );
    EXPECT_EQ(code_, ErrorCode::unavailable);
}

TEST_F(EmbeddedServerTest, SaysInOneSentenceThatTheDirectoryIsClosed) {
    fs::create_directories(data(""));
    fs::permissions(data(""), fs::perms(geteuid() == 0 ? 0700 : 0500));
    const auto sentence = start_failure(options());
    if (geteuid() == 0) {
        EXPECT_THAT(
            sentence,
            AllOf(
                HasSubstr("cannot be reached by the user postgres"),
                HasSubstr("such as /var/lib/tenon, or start tenon as an ordinary user")
            )
        );
    } else {
        EXPECT_THAT(sentence, HasSubstr("cannot be written: Permission denied; choose a writable"));
    }
    EXPECT_FALSE(fs::exists(data("cluster")));
}

TEST_F(EmbeddedServerTest, RefusesAClusterOfAnotherMajorVersion) {
    fs::create_directories(data("cluster"));
    std::ofstream(data("cluster/PG_VERSION")) << "12\n";
    EXPECT_THAT(
        start_failure(options()),
        AllOf(
            HasSubstr("was made by PostgreSQL 12, which is not installed (found 15"),
            HasSubstr("install the package postgresql-12")
        )
    );
}

TEST_F(EmbeddedServerTest, ReportsWhatTheServerComplainsAbout) {
    fs::create_directories(data(""));
    std::ofstream(data("operator.conf")) << "no_such_setting = 1\n";
    EXPECT_THAT(
        start_failure(options()),
        AllOf(StartsWith("PostgreSQL does not start in"), HasSubstr("operator.conf"))
    );
    fs::remove(data("operator.conf"));
    EXPECT_EQ(start_failure(options()), "it started");
}

}  // namespace
}  // namespace tenon::database
