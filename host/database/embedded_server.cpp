#include "database/embedded_server.hpp"

#include "database/conninfo.hpp"
#include "database/embedded/cluster.hpp"
#include "database/embedded/data_directory.hpp"
#include "database/embedded/postmaster.hpp"
#include "database/embedded/process_table.hpp"
#include "foundation/error.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <thread>
#include <unistd.h>

namespace tenon::database {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
using ConnectionHandle = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr auto ping_interval = 2ms;

std::string connection_string(const std::filesystem::path& socket_directory, const char* database) {
    Conninfo conninfo("");
    conninfo.set("host", socket_directory.string());
    conninfo.set("port", "5432");
    conninfo.set("user", "tenon");
    conninfo.set("dbname", database);
    return conninfo.to_string();
}

/// Initdb makes no database `tenon`; neither does a host that died between initdb and here.
void ensure_database(const std::filesystem::path& socket_directory) {
    const ConnectionHandle wanted(
        PQconnectdb(connection_string(socket_directory, "tenon").c_str()), PQfinish
    );
    if (PQstatus(wanted.get()) == CONNECTION_OK) {
        return;
    }
    const ConnectionHandle maintenance(
        PQconnectdb(connection_string(socket_directory, "postgres").c_str()), PQfinish
    );
    const ResultHandle created(PQexec(maintenance.get(), "CREATE DATABASE tenon"), PQclear);
    if (PQresultStatus(created.get()) != PGRES_COMMAND_OK) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format("cannot create the database tenon: {}", PQerrorMessage(maintenance.get()))}
        );
    }
}

}  // namespace

struct EmbeddedServer::Running {
    explicit Running(const std::filesystem::path& root)
        : account(server_account()), directory(root, account) {}

    std::optional<ServerAccount> account;
    DataDirectory directory;
    std::filesystem::path socket_directory;
    std::string conninfo;
    std::unique_ptr<Postmaster> postmaster;  // Stopped before the directory is given back.
};

EmbeddedServer::EmbeddedServer(Options options) : options_(std::move(options)) {
    if (options_.data_directory.empty()) {
        options_.data_directory = default_data_directory();
    }
}

EmbeddedServer::~EmbeddedServer() {
    stop();
}

void EmbeddedServer::start() {
    auto next = std::make_unique<Running>(options_.data_directory);
    const auto version = next->directory.cluster_version();
    const auto binaries = choose_server(installed_servers(), version, next->directory.cluster());
    const Cluster cluster(next->directory, binaries, next->account);
    if (const pid_t orphan = stop_orphans(next->directory.cluster(), options_.stop_limit)) {
        say(fmt::format("stopped the PostgreSQL {} that a killed host had left running", orphan));
    }
    if (!version) {
        say(fmt::format(
            "creating a PostgreSQL {} cluster in {}",
            binaries.major_version,
            next->directory.root().string()
        ));
        cluster.create();
    }
    cluster.configure(options_.settings);
    launch(*next, cluster);
    running_ = std::move(next);
}

void EmbeddedServer::launch(Running& next, const Cluster& cluster) const {
    next.socket_directory = next.directory.make_socket_directory();
    const int log = cluster.open_log();
    next.postmaster =
        std::make_unique<Postmaster>(cluster.server_command(next.socket_directory, log));
    close(log);
    next.conninfo = connection_string(next.socket_directory, "tenon");

    const auto maintenance = connection_string(next.socket_directory, "postgres");
    const auto until = Clock::now() + options_.start_limit;
    while (PQping(maintenance.c_str()) != PQPING_OK) {
        const bool expired = Clock::now() > until;
        if (expired || !next.postmaster->running()) {
            throw Exception(
                {ErrorCode::unavailable,
                 fmt::format(
                     "PostgreSQL {} in {}: {}; see {}",
                     expired ? "is not ready in time" : "does not start",
                     next.directory.root().string(),
                     cluster.last_complaint(),
                     next.directory.log_file().string()
                 )}
            );
        }
        std::this_thread::sleep_for(ping_interval);
    }
    ensure_database(next.socket_directory);
}

void EmbeddedServer::stop() {
    if (running_ && running_->postmaster) {
        running_->postmaster->stop(options_.stop_limit);
        std::error_code kept;  // Empty now; it need not go.
        std::filesystem::remove(running_->socket_directory, kept);
    }
    running_.reset();
}

bool EmbeddedServer::running() const {
    return running_ && running_->postmaster->running();
}

const std::string& EmbeddedServer::conninfo() const {
    return started().conninfo;
}

pid_t EmbeddedServer::postmaster_pid() const {
    return started().postmaster->pid();
}

void EmbeddedServer::say(const std::string& sentence) const {
    if (options_.log) {
        options_.log(sentence);
    }
}

const EmbeddedServer::Running& EmbeddedServer::started() const {
    if (!running_) {
        throw Exception({ErrorCode::unavailable, "the embedded PostgreSQL is not started"});
    }
    return *running_;
}

}  // namespace tenon::database
