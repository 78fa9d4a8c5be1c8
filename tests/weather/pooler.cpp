#include "weather/pooler.hpp"

#include "support/child_program.hpp"

#include <csignal>
#include <fmt/format.h>
#include <stdexcept>

namespace tenon::testing {
namespace {

constexpr auto settings = R"([databases]
tenon = host={} user=tenon dbname=tenon

[pgbouncer]
pool_mode = {}
default_pool_size = 8
max_client_conn = 100
listen_addr =
listen_port = 6432
unix_socket_dir = {}
auth_type = trust
auth_file = {}
)";

}  // namespace

Pooler::Pooler(std::string server_directory, std::string mode) {
    program_.write("users", "\"tenon\" \"\"\n");
    program_.write(
        "pgbouncer.ini",
        fmt::format(settings, server_directory, mode, program_.directory(), program_.file("users"))
    );
    start();
}

std::string Pooler::conninfo() const {
    return fmt::format("host={} port=6432 user=tenon dbname=tenon", program_.directory());
}

void Pooler::start() {
    program_.start("/usr/sbin/pgbouncer", {"--quiet", program_.file("pgbouncer.ini")});
    const auto answers = [&] {
        try {
            return SqlSession(conninfo()).value("SELECT 1") == "1";
        } catch (const StatementRefused&) {
            return false;
        }
    };
    if (!eventually(answers)) {
        throw std::runtime_error("pgbouncer does not answer:\n" + program_.log());
    }
}

void Pooler::stop() {
    program_.stop(SIGTERM);
}

}  // namespace tenon::testing
