#include "database/embedded/cluster.hpp"
#include "database/embedded/data_directory.hpp"
#include "database/embedded/process_table.hpp"
#include "foundation/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string sentence_of(const auto& work) {
    try {
        work();
    } catch (const Exception& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(DataDirectory, TheSocketGoesWhereItsPathIsShortEnough) {
    const fs::path deep = "/home/someone/" + std::string(100, 'x');
    EXPECT_EQ(choose_socket_directory("/var/lib/tenon", "/run/user/1"), "/var/lib/tenon/run");
    const auto runtime = choose_socket_directory(deep, "/run/user/1000").string();
    EXPECT_THAT(runtime, StartsWith("/run/user/1000/tenon-"));
    EXPECT_THAT(choose_socket_directory(deep, "").string(), StartsWith("/tmp/tenon-"));
    EXPECT_NE(choose_socket_directory(deep, ""), choose_socket_directory(deep / "y", ""));
    // 107 bytes hold "/run/.s.PGSQL.5432" after 89 of the directory, not after 90.
    EXPECT_THAT(choose_socket_directory("/" + std::string(88, 'x'), "").string(), EndsWith("/run"));
    EXPECT_THAT(
        choose_socket_directory("/" + std::string(89, 'x'), "").string(), StartsWith("/tmp/")
    );
}

TEST(ServerBinaries, TheNewestInstallationComesFirstAndAClusterGetsItsOwn) {
    auto root = (fs::temp_directory_path() / "tenon-servers-XXXXXX").string();
    ASSERT_NE(mkdtemp(root.data()), nullptr);
    for (const auto* version : {"9.6", "14", "15", "101", "16"}) {
        fs::create_directories(fs::path(root) / version / "bin");
        for (const auto* program : {"postgres", "initdb"}) {
            const auto file = fs::path(root) / version / "bin" / program;
            std::ofstream(file) << "#!/bin/sh\n";
            fs::permissions(file, fs::perms::owner_all);
        }
    }
    fs::remove(fs::path(root) / "101/bin/initdb");  // Half an installation is none.
    const auto found = installed_servers(root);
    ASSERT_GE(found.size(), 2U);
    EXPECT_EQ(found[0].major_version, 16);
    EXPECT_EQ(found[0].folder, fs::path(root) / "16/bin");
    EXPECT_EQ(choose_server(found, std::nullopt, "/c").major_version, 16);
    EXPECT_EQ(choose_server(found, 15, "/c").folder, fs::path(root) / "15/bin");
    EXPECT_THAT(
        sentence_of([&] { choose_server(found, 14, "/c"); }),
        HasSubstr("the cluster in /c was made by PostgreSQL 14, which is not installed (found 16")
    );
    fs::remove_all(root);
}

TEST(ServerBinaries, SaysWhatToInstallWhereThereIsNone) {
    EXPECT_EQ(
        sentence_of([] { choose_server({}, std::nullopt, "/c"); }),
        "no PostgreSQL server is installed: found neither /usr/lib/postgresql/15/bin/postgres nor "
        "postgres on PATH; install the package postgresql-15, or give tenon a database URL"
    );
}

TEST(ServerAccount, RootNeedsTheServersUser) {
    if (geteuid() == 0) {
        EXPECT_THAT(
            sentence_of([] { server_account("no-such-user"); }),
            HasSubstr("refuses to run as root and there is no user no-such-user")
        );
        EXPECT_EQ(first_closed_directory(*server_account(), "/usr/lib"), std::nullopt);
    } else {
        EXPECT_FALSE(server_account("no-such-user"));
    }
}

TEST(ServerSettings, QuotesValuesAndLetsTheOperatorHaveTheLastWord) {
    const auto text = render_settings({{"a", "it's"}, {"b", "c:\\d"}}, "/data/operator.conf");
    EXPECT_THAT(text, HasSubstr("a = 'it''s'\nb = 'c:\\\\d'\n"));
    EXPECT_THAT(text, EndsWith("\ninclude_if_exists = '/data/operator.conf'\n"));
}

TEST(Cluster, FindsTheComplaintInWhatAServerSays) {
    EXPECT_EQ(complaint_in("a LOG:  x\n12:00 FATAL:  no space\n12:01 LOG:  bye\n"), "no space");
    EXPECT_EQ(complaint_in("initdb: error: could not write\ninitdb: hint: y\n"), "could not write");
    EXPECT_EQ(complaint_in("first\nlast\n"), "last");
    EXPECT_EQ(complaint_in(""), "it said nothing");
}

TEST(ProcessTable, AZombieDoesNotRun) {
    EXPECT_TRUE(is_running(getpid()));
    EXPECT_FALSE(is_running(0));
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(kill(child, 0), 0) << "it exists";
    EXPECT_FALSE(is_running(child));
    waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace tenon::database
