#include "weather/weather_server.hpp"

#include "database/embedded/server_binaries.hpp"
#include "support/child_program.hpp"

#include <csignal>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <stdexcept>

namespace tenon::testing {
namespace {

// Nothing here loses power, so nothing waits for a disk. No slots are kept back for the superuser,
// who is the host.
constexpr auto settings = R"(
listen_addresses = ''
unix_socket_directories = '{}'
max_connections = {}
superuser_reserved_connections = 0
shared_buffers = 32MB
fsync = off
full_page_writes = off
)";

}  // namespace

WeatherServer::WeatherServer()
    : binaries_(database::installed_servers().at(0).folder.string() + '/') {
    program_.run_once(
        binaries_ + "initdb",
        {"--pgdata=" + program_.file("data"),
         "--username=tenon",
         "--auth=trust",
         "--encoding=UTF8",
         "--no-locale",
         "--no-sync"}
    );
    program_.write(
        "data/postgresql.conf", fmt::format(settings, program_.directory(), max_connections)
    );
    start();
    SqlSession(maintenance()).exec("CREATE DATABASE tenon");
}

WeatherServer::WeatherServer(const WeatherServer& primary) : binaries_(primary.binaries_) {
    program_.run_once(
        binaries_ + "pg_basebackup",
        {"--host=" + primary.directory(),
         "--username=tenon",
         "--pgdata=" + program_.file("data"),
         "--write-recovery-conf",
         "--checkpoint=fast",
         "--no-sync"}
    );
    program_.write(
        "data/postgresql.conf", fmt::format(settings, program_.directory(), max_connections)
    );
    start();
    SqlSession session(primary.maintenance());
    session.exec("ALTER SYSTEM SET synchronous_standby_names = '*'");
    session.exec("SELECT pg_reload_conf()");
    if (!eventually([&] {
            return session.value("SELECT max(sync_state) FROM pg_stat_replication") == "sync";
        })) {
        throw std::runtime_error("the standby does not follow:\n" + program_.log());
    }
}

void WeatherServer::promote() const {
    SqlSession(maintenance()).exec("SELECT pg_promote()");
}

std::string WeatherServer::conninfo() const {
    return fmt::format("host={} user=tenon dbname=tenon", program_.directory());
}

std::string WeatherServer::maintenance() const {
    return fmt::format("host={} user=tenon dbname=postgres", program_.directory());
}

void WeatherServer::start() {
    program_.start(binaries_ + "postgres", {"-D", program_.file("data")});
    const auto address = maintenance();
    if (!eventually([&] { return PQping(address.c_str()) == PQPING_OK; })) {
        throw std::runtime_error("the server does not start:\n" + program_.log());
    }
}

void WeatherServer::stop_fast() {
    program_.stop(SIGINT);
}

void WeatherServer::stop_immediately() {
    program_.stop(SIGQUIT);
}

void WeatherServer::refuse_connections(bool refuse) const {
    program_.write("data/pg_hba.conf", refuse ? "local all all reject\n" : "local all all trust\n");
    program_.send(SIGHUP);
}

}  // namespace tenon::testing
