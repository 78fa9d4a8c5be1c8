#include "arena/kill_server.hpp"

#include "database/embedded/process_table.hpp"
#include "support/child_program.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <stdexcept>

namespace tenon::testing {
namespace {

constexpr auto database_name = "arena";

database::EmbeddedServer::Options server_options(const std::string& directory) {
    copy_prepared_cluster(directory);
    auto settings = test_server_settings();
    // A killed process leaves half of a page that it was writing.
    settings.emplace_back("full_page_writes", "on");
    return {.data_directory = directory, .settings = settings};
}

}  // namespace

KillServer::KillServer() : server_(server_options(directory_.path())) {
    server_.start();
    conninfo_ = server_.conninfo();
    SqlSession maintenance(server_.conninfo());
    maintenance.exec(
        fmt::format("CREATE DATABASE {} TEMPLATE {}", database_name, migrated_template())
    );
    for (const auto* role : {"brain", "hands_1", "hands_2"}) {
        maintenance.exec(fmt::format("CREATE ROLE {} SUPERUSER LOGIN", role));
    }
}

std::string KillServer::conninfo(const std::string& role) const {
    return with_setting(with_setting(conninfo_, "dbname", database_name), "user", role);
}

void KillServer::kill_hard() {
    const auto cluster = server_.data_directory() / "cluster";
    // Backends that it starts in its last moment are found by the next look.
    ::kill(server_.postmaster_pid(), SIGKILL);
    const bool gone = eventually([&] {
        const auto processes = database::servers_in(cluster);
        for (const auto process : processes) {
            ::kill(process, SIGKILL);
        }
        return processes.empty();
    });
    if (!gone) {
        throw std::runtime_error("PostgreSQL outlives SIGKILL");
    }
}

void KillServer::restart() {
    server_.stop();
    server_.start();
}

}  // namespace tenon::testing
