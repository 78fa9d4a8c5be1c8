#include "app/bench/startup.hpp"

#include "app/bootstrap.hpp"
#include "app/supervision/host_child.hpp"
#include "foundation/error.hpp"
#include "foundation/http/http_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds start_limit(60);
constexpr std::chrono::milliseconds look_interval(1);
constexpr unsigned ok = 200;

/// A port that nobody listens on now. Another process may take it, which the host then says.
std::uint16_t free_port() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool found =
        handle >= 0 && ::bind(handle, any, size) == 0 && ::getsockname(handle, any, &size) == 0;
    ::close(handle);
    if (!found) {
        throw Exception({ErrorCode::unavailable, "no free port on the loopback address"});
    }
    return ntohs(address.sin_port);
}

/// A host in a process of its own, stopped with this object.
class StartedHost {
public:
    explicit StartedHost(std::vector<std::string> words) {
        port_ = free_port();
        words.push_back(fmt::format("--listen=127.0.0.1:{}", port_));
        begun_ = Clock::now();
        process_ = start_again(std::move(words), {SIGTERM, SIGINT});
    }

    ~StartedHost() {
        if (!ended_) {
            ::kill(process_, SIGTERM);
            ::waitpid(process_, nullptr, 0);
        }
    }

    StartedHost(const StartedHost&) = delete;
    StartedHost& operator=(const StartedHost&) = delete;

    /// Milliseconds since the start of the process.
    double await_ready() {
        HttpClient client(HttpClient::Options{.url = fmt::format("http://127.0.0.1:{}", port_)});
        while (Clock::now() - begun_ < start_limit) {
            if (ready(client)) {
                return std::chrono::duration<double, std::milli>(Clock::now() - begun_).count();
            }
            ended_ = ::waitpid(process_, nullptr, WNOHANG) == process_;
            if (ended_) {
                break;
            }
            std::this_thread::sleep_for(look_interval);
        }
        throw Exception(
            {ErrorCode::unavailable,
             ended_ ? "the host ended before it was ready; its log says why"
                    : "the host was not ready within a minute; its log says why"}
        );
    }

private:
    static bool ready(HttpClient& client) {
        try {
            return client.get("/health/ready").status == ok;
        } catch (const Exception&) {
            return false;  // Nobody listens yet.
        }
    }

    std::uint16_t port_ = 0;
    Clock::time_point begun_;
    pid_t process_ = 0;
    bool ended_ = false;
};

std::vector<std::string> words_of(const HostOptions& options, const std::string& database) {
    std::vector<std::string> words{"tenon", "--quiet", "host", "--no-supervisor", database};
    if (!options.plugins.empty()) {
        words.push_back("--plugins=" + options.plugins.string());
    }
    if (!options.templates.empty()) {
        words.push_back("--templates=" + options.templates.string());
    }
    words.push_back(fmt::format("--isolation={}", plugin_host::to_string(options.isolation.usual)));
    return words;
}

double measure_one(const HostOptions& options, const std::string& database) {
    return StartedHost(words_of(options, database)).await_ready();
}

std::string list_json(const std::vector<double>& times) {
    if (times.empty()) {
        return "null";
    }
    const auto [least, most] = std::ranges::minmax(times);
    return fmt::format(
        R"({{"median":{:.1f},"range":[{:.1f},{:.1f}]}})", median(times), least, most
    );
}

std::string line(std::string_view name, const std::vector<double>& times) {
    if (times.empty()) {
        return "";
    }
    const auto [least, most] = std::ranges::minmax(times);
    return fmt::format("  {:<34} {:>9.0f} {:>9.0f} {:>9.0f}\n", name, median(times), least, most);
}

}  // namespace

StartupTimes measure_startup(const BenchOptions& options, const fs::path& folder) {
    StartupTimes times;
    const auto& host = options.host;
    fs::create_directories(folder);
    for (std::int32_t i = 0; i < options.runs; ++i) {
        const auto data = "--data-dir=" + (folder / std::to_string(i)).string();
        times.fresh_ms.push_back(measure_one(host, data));
        times.again_ms.push_back(measure_one(host, data));
    }
    std::optional<Host> server;
    auto url = host.database_url;
    if (url.empty()) {
        HostOptions other;
        other.data_directory = folder / "database";
        other.listen = ListenAddress{.host = "127.0.0.1", .port = 0};
        other.worker = false;
        server.emplace(other);
        server->start();
        url = server->conninfo();
    }
    for (std::int32_t i = 0; i < options.runs; ++i) {
        times.database_ms.push_back(measure_one(host, "--database-url=" + url));
    }
    if (server) {
        server->stop();
    }
    return times;
}

std::string to_json(const StartupTimes& times) {
    return fmt::format(
        R"({{"runs":{},"fresh_embedded_ms":{},"embedded_ms":{},"database_ms":{}}})",
        times.database_ms.size(),
        list_json(times.fresh_ms),
        list_json(times.again_ms),
        list_json(times.database_ms)
    );
}

std::string to_table(const StartupTimes& times) {
    return fmt::format(
               "  {:<34} {:>9} {:>9} {:>9}\n", "milliseconds to ready", "median", "least", "most"
           ) +
           line("with a fresh embedded server", times.fresh_ms) +
           line("with an embedded server", times.again_ms) +
           line("with a database that runs", times.database_ms);
}

}  // namespace tenon::app
