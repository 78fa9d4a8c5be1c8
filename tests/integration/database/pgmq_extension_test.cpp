#include "database/embedded/cluster.hpp"
#include "database/embedded/postmaster.hpp"
#include "database/embedded_server.hpp"
#include "database/migrator.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;
using testing::SqlSession;

/// A PostgreSQL that offers an extension pgmq. The server looks for its files relative to its own
/// executable, so a private copy of that, beside links to all the rest, sees one extension more
/// and no other server sees it. The extension is a stand-in: enough to be recognised.
class PgmqExtensionTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto real = installed_servers().front();
        const auto version = std::to_string(real.major_version);
        const auto home = fs::path(directory_.path()) / "usr/lib/postgresql" / version;
        const auto share = fs::path(directory_.path()) / "usr/share/postgresql" / version;
        fs::create_directories(home / "bin");
        fs::copy_file(real.folder / "postgres", home / "bin/postgres");
        fs::create_symlink(real.folder.parent_path() / "lib", home / "lib");
        link_all(fs::path("/usr/share/postgresql") / version, share);
        fs::remove(share / "extension");
        link_all(fs::path("/usr/share/postgresql") / version / "extension", share / "extension");
        std::ofstream(share / "extension/pgmq.control")
            << "default_version = '1.5.1'\nschema = pgmq\nrelocatable = false\nsuperuser = true\n";
        std::ofstream(share / "extension/pgmq--1.5.1.sql")
            << "CREATE TABLE pgmq.meta (queue_name varchar, of_the_extension boolean);\n";
        start({real.major_version, home / "bin"});
    }

    void TearDown() override { postmaster_->stop(std::chrono::seconds(10)); }

    void start(const ServerBinaries& binaries) {
        const auto data_directory = fs::path(directory_.path()) / "data";
        {
            EmbeddedServer maker({.data_directory = data_directory});
            maker.start();
            conninfo_ = maker.conninfo();
        }
        const auto account = server_account();
        data_ = std::make_unique<DataDirectory>(data_directory, account);
        const Cluster cluster(*data_, binaries, account);
        const int log = cluster.open_log();
        postmaster_ =
            std::make_unique<Postmaster>(cluster.server_command(data_->make_socket_directory(), log)
            );
        close(log);
        while (postmaster_->running() && !accepts()) {
        }
        ASSERT_TRUE(postmaster_->running()) << cluster.last_complaint();
    }

    bool accepts() const {
        try {
            SqlSession probe(conninfo_);
            return true;
        } catch (const testing::StatementRefused&) {
            return false;
        }
    }

    static void link_all(const fs::path& from, const fs::path& to) {
        fs::create_directories(to);
        for (const auto& entry : fs::directory_iterator(from)) {
            fs::create_symlink(entry.path(), to / entry.path().filename());
        }
    }

    void migrate(const std::string& role) const {
        Migrator({.conninfo = conninfo_ + " user=" + role}, embedded_migrations().first(1))
            .migrate();
    }

    testing::TemporaryDirectory directory_;
    std::unique_ptr<DataDirectory> data_;
    std::unique_ptr<Postmaster> postmaster_;
    std::string conninfo_;
};

TEST_F(PgmqExtensionTest, IsInstalledInsteadOfOurSchemaWhereItIsAvailable) {
    migrate("tenon");
    SqlSession sql(conninfo_);
    EXPECT_EQ(sql.value("SELECT extversion FROM pg_extension WHERE extname = 'pgmq'"), "1.5.1");
    EXPECT_EQ(sql.value("SELECT count(of_the_extension) FROM pgmq.meta"), "0");
    EXPECT_EQ(
        sql.value("SELECT count(*) FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace"), "0"
    );
}

TEST_F(PgmqExtensionTest, GivesWayToOurSchemaWhereTheRoleMayNotInstallIt) {
    SqlSession sql(conninfo_);
    sql.exec("CREATE ROLE plain LOGIN; GRANT CREATE ON DATABASE tenon TO plain");
    migrate("plain");
    EXPECT_EQ(sql.value("SELECT count(*) FROM pg_extension WHERE extname = 'pgmq'"), "0");
    sql.exec("SET ROLE plain; SELECT pgmq.create('q')");
    EXPECT_EQ(sql.value("SELECT pgmq.send('q', '{}')"), "1");
}

TEST_F(PgmqExtensionTest, AnInstallationWithoutTheExtensionStaysAsItIs) {
    SqlSession sql(conninfo_);
    sql.exec("CREATE SCHEMA pgmq; CREATE TABLE pgmq.meta (queue_name varchar)");
    migrate("tenon");
    EXPECT_EQ(sql.value("SELECT count(*) FROM pg_extension WHERE extname = 'pgmq'"), "0");
    EXPECT_EQ(
        sql.value("SELECT count(*) FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace"), "0"
    );
}

}  // namespace
}  // namespace tenon::database
