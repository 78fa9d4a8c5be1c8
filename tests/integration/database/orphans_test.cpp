#include "database/embedded/cluster.hpp"
#include "database/embedded/process_table.hpp"
#include "database/embedded_server.hpp"
#include "other_host.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::database {
namespace {

/// Starts a server that nothing binds to a host, as if the kernel's death signal had been lost.
pid_t start_orphan(const std::filesystem::path& root) {
    const auto account = server_account();
    const DataDirectory directory(root, account);
    const Cluster cluster(directory, installed_servers().front(), account);
    const int log = cluster.open_log();
    const pid_t orphan = spawn(cluster.server_command(directory.make_socket_directory(), log));
    close(log);
    EXPECT_TRUE(eventually([&] {
        std::ifstream file(directory.cluster() / "postmaster.pid");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        return text.find("ready") != std::string::npos;
    }));
    return orphan;
}

class OrphansTest : public ::testing::Test {
protected:
    void SetUp() override {
        EmbeddedServer server({.data_directory = directory_.path()});
        server.start();
        testing::SqlSession(server.conninfo()).exec("CREATE TABLE kept AS SELECT 42 AS answer");
    }

    testing::TemporaryDirectory directory_;
};

TEST_F(OrphansTest, ARunningServerOfADeadHostIsStoppedInOrderAndReplaced) {
    const pid_t orphan = start_orphan(directory_.path());
    std::string said;
    EmbeddedServer server({.data_directory = directory_.path(), .log = [&](std::string_view line) {
                               said = line;
                           }});
    server.start();
    EXPECT_EQ(
        said,
        "stopped the PostgreSQL " + std::to_string(orphan) + " that a killed host had left running"
    );
    EXPECT_NE(server.postmaster_pid(), orphan);
    EXPECT_EQ(testing::SqlSession(server.conninfo()).value("SELECT answer FROM kept"), "42");

    int status = 0;
    ASSERT_EQ(waitpid(orphan, &status, 0), orphan);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a fast shutdown, no crash";
}

TEST_F(OrphansTest, AZombieServerDoesNotBlockTheNextStart) {
    const pid_t orphan = start_orphan(directory_.path());
    kill(orphan, SIGKILL);
    ASSERT_TRUE(eventually([&] { return !is_running(orphan); }));
    ASSERT_EQ(kill(orphan, 0), 0) << "still a zombie: nobody has reaped it";

    EmbeddedServer server({.data_directory = directory_.path()});
    server.start();
    EXPECT_EQ(testing::SqlSession(server.conninfo()).value("SELECT answer FROM kept"), "42");
    waitpid(orphan, nullptr, 0);
}

TEST_F(OrphansTest, AStrangerWhoInheritedTheRecordedNumberIsLeftAlone) {
    const auto file = std::filesystem::path(directory_.path()) / "cluster/postmaster.pid";
    std::ofstream(file) << getpid() << "\n" << directory_.path() << "/cluster\n";

    EmbeddedServer server({.data_directory = directory_.path()});
    server.start();
    EXPECT_EQ(testing::SqlSession(server.conninfo()).value("SELECT answer FROM kept"), "42");
}

}  // namespace
}  // namespace tenon::database
