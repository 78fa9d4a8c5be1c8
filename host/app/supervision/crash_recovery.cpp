#include "app/supervision/crash_recovery.hpp"

#include "app/plugin_folder.hpp"
#include "database/embedded_server.hpp"
#include "foundation/sha256.hpp"
#include "foundation/telemetry/log.hpp"

#include <charconv>
#include <string>

namespace tenon::app {
namespace {

constexpr std::string_view component = "crashes";
constexpr std::size_t home_digits = 16;

std::string home_name(const HostOptions& options) {
    if (!options.database_url.empty()) {
        return options.database_url;
    }
    const auto& chosen = options.data_directory;
    return std::filesystem::absolute(chosen.empty() ? database::default_data_directory() : chosen)
        .lexically_normal()
        .string();
}

}  // namespace

std::filesystem::path crash_directory(const HostOptions& options) {
    return plugin_state_directory(options) / "crashes";
}

std::uint64_t crash_home(const HostOptions& options) {
    const auto hash = sha256_hex(home_name(options));
    std::uint64_t home = 0;
    std::from_chars(hash.data(), hash.data() + home_digits, home, 16);
    return home;
}

CrashRecovery::CrashRecovery(const HostOptions& options)
    : left_(plugin_host::find_crashes(crash_directory(options))) {
    for (const auto& crash : left_) {
        log::warning(
            component,
            "host " + std::to_string(crash.record.process) + " " +
                plugin_host::describe(crash.record)
        );
    }
}

}  // namespace tenon::app
