#include "support/postgres.hpp"

#include "database/conninfo.hpp"
#include "database/embedded/server_account.hpp"
#include "database/embedded_server.hpp"
#include "database/migrator.hpp"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

/// Asked by LeakSanitizer at exit. libpqxx 6.4 loses the result of a statement whose connection
/// died under it: it asks for the client encoding, which throws, before it takes ownership.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libpqxx-6.4.so\n";
}

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using database::EmbeddedServer;

/// Changes whenever a migration does, so that prepared clusters and templates are never stale.
std::string schema_key() {
    std::string checksums;
    for (const auto& migration : database::embedded_migrations()) {
        checksums += migration.checksum;
    }
    return fmt::format("{:016x}", std::hash<std::string>{}(checksums));
}

std::string with_database(const std::string& conninfo, const std::string& name) {
    return with_setting(conninfo, "dbname", name);
}

/// Makes the migrated template once; sessions that come at the same time wait for the first.
void prepare_template(const std::string& conninfo) {
    SqlSession maintenance(conninfo);
    maintenance.exec("SELECT pg_advisory_lock(8317)");
    const auto name = migrated_template();
    const auto marker = "SELECT count(*) FROM pg_database WHERE datistemplate AND datname = $1";
    if (maintenance.value(marker, {name}) == "0") {
        maintenance.exec(fmt::format("DROP DATABASE IF EXISTS {}", name));
        maintenance.exec(fmt::format("CREATE DATABASE {}", name));
        database::Migrator({.conninfo = with_database(conninfo, name)}).migrate();
        maintenance.exec(fmt::format("ALTER DATABASE {} IS_TEMPLATE true", name));
    }
    maintenance.exec("SELECT pg_advisory_unlock(8317)");
}

void give_to_server(const fs::path& directory) {
    const auto account = database::server_account();
    if (!account) {
        return;
    }
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (lchown(entry.path().c_str(), account->uid, account->gid) != 0) {
            throw std::runtime_error("cannot give away " + entry.path().string());
        }
    }
}

/// The cluster that every test executable of this build tree copies: 30 ms instead of 600.
class PreparedCluster {
public:
    PreparedCluster() : folder_(fs::path(TENON_BINARY_DIR) / "prepared-cluster") {
        fs::create_directories(folder_);
        lock_ = open((folder_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        flock(lock_, LOCK_EX);
    }

    ~PreparedCluster() { close(lock_); }

    PreparedCluster(const PreparedCluster&) = delete;
    PreparedCluster& operator=(const PreparedCluster&) = delete;

    void copy_to(const fs::path& data_directory) {
        const auto prepared = folder_ / schema_key();
        if (!fs::exists(prepared)) {
            for (const auto& entry : fs::directory_iterator(folder_)) {
                if (entry.is_directory()) {
                    fs::remove_all(entry.path());
                }
            }
            build(prepared);
        }
        fs::copy(prepared, data_directory / "cluster", fs::copy_options::recursive);
        fs::permissions(data_directory / "cluster", fs::perms::owner_all);
        give_to_server(data_directory);
    }

private:
    void build(const fs::path& prepared) {
        const TemporaryDirectory workshop;
        EmbeddedServer server(
            {.data_directory = workshop.path(), .settings = test_server_settings()}
        );
        server.start();
        prepare_template(server.conninfo());
        server.stop();
        const auto draft = fs::path(prepared.string() + ".draft");
        fs::copy(fs::path(workshop.path()) / "cluster", draft, fs::copy_options::recursive);
        fs::rename(draft, prepared);
    }

    fs::path folder_;
    int lock_ = -1;
};

/// The server of this test executable, from first use to exit.
class TestServer {
public:
    static TestServer& instance() {
        static TestServer server;
        return server;
    }

    ~TestServer() {
        if (!server_) {
            drop_discarded();
        }
    }

    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    const std::string& conninfo() const noexcept { return conninfo_; }

    /// Drops `database` a little later: its last session may still be on its way out, and the
    /// server would wait for it.
    void discard(std::string database) { discarded_.push_back(std::move(database)); }

    void drop_discarded() {
        for (const auto& name : std::exchange(discarded_, {})) {
            SqlSession(conninfo_).exec(fmt::format("DROP DATABASE {} WITH (FORCE)", name));
        }
    }

private:
    TestServer() {
        const char* url = std::getenv("TENON_TEST_DATABASE_URL");
        if (url != nullptr && *url != '\0') {
            conninfo_ = url;
            prepare_template(conninfo_);
            return;
        }
        directory_ = std::make_unique<TemporaryDirectory>();
        copy_prepared_cluster(directory_->path());
        server_ = std::make_unique<EmbeddedServer>(EmbeddedServer::Options{
            .data_directory = directory_->path(), .settings = test_server_settings()
        });
        server_->start();
        conninfo_ = server_->conninfo();
    }

    std::unique_ptr<TemporaryDirectory> directory_;
    std::unique_ptr<EmbeddedServer> server_;  // Stopped before its directory goes.
    std::string conninfo_;
    std::vector<std::string> discarded_;
};

/// Memory where there is enough of it: dozens of clusters come and go, each with a thousand files.
fs::path temporary_root() {
    constexpr std::uintmax_t enough = std::uintmax_t(1) << 30;
    std::error_code absent;
    const auto memory = fs::space("/dev/shm", absent);
    const bool usable = !absent && memory.available > enough && access("/dev/shm", W_OK) == 0;
    return usable ? fs::path("/dev/shm") : fs::temp_directory_path();
}

std::string next_name() {
    static std::atomic<int> counter{0};
    return fmt::format("tenon_test_{}_{}", getpid(), ++counter);
}

}  // namespace

void copy_prepared_cluster(const std::string& data_directory) {
    PreparedCluster().copy_to(data_directory);
}

std::string migrated_template() {
    return "tenon_template_" + schema_key();
}

const std::vector<std::pair<std::string, std::string>>& test_server_settings() {
    static const std::vector<std::pair<std::string, std::string>> settings{
        {"fsync", "off"},
        {"full_page_writes", "off"},
        {"shared_buffers", "64MB"},
    };
    return settings;
}

std::string with_setting(
    const std::string& conninfo,
    const std::string& name,
    const std::string& value
) {
    database::Conninfo parsed(conninfo);
    parsed.set(name, value);
    return parsed.to_string();
}

TestDatabase::TestDatabase(Content content) : name_(next_name()) {
    auto& server = TestServer::instance();
    server.drop_discarded();
    SqlSession(server.conninfo())
        .exec(fmt::format(
            "CREATE DATABASE {} TEMPLATE {}",
            name_,
            content == Content::migrated ? migrated_template() : "template0"
        ));
    conninfo_ = with_database(server.conninfo(), name_);
}

TestDatabase::~TestDatabase() {
    session_.reset();
    TestServer::instance().discard(name_);
}

SqlSession& TestDatabase::sql() {
    if (!session_) {
        session_ = std::make_unique<SqlSession>(conninfo_);
    }
    return *session_;
}

TemporaryDirectory::TemporaryDirectory()
    : path_((temporary_root() / "tenon-test-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) {
        throw std::runtime_error("cannot create " + path_);
    }
    fs::permissions(path_, fs::perms(0755));
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace tenon::testing
