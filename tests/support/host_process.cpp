#include "support/host_process.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tenon::testing {
namespace {

void add_variant(std::vector<std::string>& words, const std::string& option, const char* variable) {
    const char* value = std::getenv(variable);
    if (value != nullptr && std::ranges::find(words, option) == words.end()) {
        words.insert(words.end(), {option, value});
    }
}

std::vector<std::string> words(const HostProcess::Options& options) {
    std::vector<std::string> words{
        tenon_executable(), "host", "--listen", "127.0.0.1:0", "--role", options.role
    };
    const std::array<std::pair<const char*, const std::string*>, 4> named{{
        {"--database-url", &options.database_url},
        {"--data-dir", &options.data_directory},
        {"--plugins", &options.plugins},
        {"--templates", &options.templates},
    }};
    for (const auto& [name, value] : named) {
        if (!value->empty()) {
            words.insert(words.end(), {name, *value});
        }
    }
    if (!options.supervised) {
        words.emplace_back("--no-supervisor");
    }
    words.insert(words.end(), options.more.begin(), options.more.end());
    add_variant(words, "--profile", "TENON_TEST_PROFILE");
    add_variant(words, "--mode", "TENON_TEST_MODE");
    return words;
}

std::vector<std::string> variables(const HostProcess::Options& options) {
    return options.fault.empty() ? std::vector<std::string>()
                                 : std::vector{"TENON_FAULT=" + options.fault};
}

/// What follows the last `mark` in `text`, up to the end of the line.
std::string after_last(const std::string& text, std::string_view mark) {
    const auto at = text.rfind(mark);
    if (at == std::string::npos) {
        return {};
    }
    const auto begin = at + mark.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

/// The lines of the postmaster's own file; empty when no server runs.
std::vector<std::string> postmaster_file(const std::string& data_directory) {
    std::ifstream file(data_directory + "/cluster/postmaster.pid");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

HostProcess::HostProcess(const Options& options) : program_(words(options), variables(options)) {}

std::string HostProcess::example_plugins() {
    return TENON_BINARY_DIR "/plugins";
}

std::string HostProcess::example_templates() {
    return TENON_SOURCE_DIR "/config/templates";
}

void HostProcess::await_ready() {
    const bool settled =
        eventually([this] { return logged(" ready\n") || !running(); }, std::chrono::minutes(1));
    if (!settled || !running()) {
        throw std::runtime_error("the host is not ready:\n" + log());
    }
}

std::string HostProcess::url() const {
    return after_last(log(), "listening on ");
}

std::string HostProcess::host_id() const {
    return after_last(log(), "registered as host ");
}

void HostProcess::kill_hard() {
    stop(SIGKILL);
}

int HostProcess::stop(int signal) {
    program_.send(signal);
    if (const auto code = program_.wait()) {
        return *code;
    }
    program_.send(SIGKILL);
    return program_.wait().value_or(-1);
}

std::unique_ptr<HostProcess> start_host(const HostProcess::Options& options) {
    auto host = std::make_unique<HostProcess>(options);
    host->await_ready();
    return host;
}

pid_t postmaster_of(const std::string& data_directory) {
    const auto lines = postmaster_file(data_directory);
    const auto pid = lines.empty() ? 0 : static_cast<pid_t>(std::stol(lines.front()));
    return pid > 0 && ::kill(pid, 0) == 0 ? pid : 0;
}

std::string embedded_conninfo(const std::string& data_directory) {
    constexpr std::size_t socket_line = 4;
    const auto lines = postmaster_file(data_directory);
    if (lines.size() <= socket_line) {
        throw std::runtime_error("no server runs in " + data_directory);
    }
    return "host=" + lines[socket_line] + " port=5432 user=tenon dbname=tenon";
}

}  // namespace tenon::testing
