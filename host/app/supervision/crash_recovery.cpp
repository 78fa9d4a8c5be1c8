#include "app/supervision/crash_recovery.hpp"

#include "app/plugin_folder.hpp"
#include "database/embedded_server.hpp"
#include "database/repositories/operations/crash_repository.hpp"
#include "database/sql_error.hpp"
#include "foundation/error.hpp"
#include "foundation/sha256.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/crash_file.hpp"
#include "plugin_host/reload/builds/demotions.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace tenon::app {
namespace {

constexpr std::string_view component = "crashes";
constexpr std::size_t home_digits = 16;

std::string home_name(const HostOptions& options) {
    const bool embedded = !options.supervision.database_url.empty();
    if (!options.database_url.empty() && !embedded) {
        return options.database_url;
    }
    const auto& chosen = options.data_directory;
    return std::filesystem::absolute(chosen.empty() ? database::default_data_directory() : chosen)
        .lexically_normal()
        .string();
}

std::string account_of(const plugin_host::CrashRecord& record) {
    return fmt::format("host {} {}", record.process, describe(record));
}

void report(database::CrashRepository& repository, const plugin_host::CrashRecord& record) {
    // Only a scribbled record can be refused; it must not keep the host from its start.
    const auto drop = [](std::string_view why) {
        log::warning(component, fmt::format("a crash is not reported: {}", why));
    };
    try {
        repository.report(
            {.step_uuid = record.step_uuid.data(),
             .attempt = static_cast<std::int32_t>(record.attempt),
             .sha256 = record.sha256.data(),
             .what = account_of(record)}
        );
    } catch (const Exception& error) {
        if (is_retryable(error.code())) {
            throw;
        }
        drop(error.what());
    } catch (const database::SqlError& error) {
        drop(error.what());
    }
}

}  // namespace

std::filesystem::path crash_directory(const HostOptions& options) {
    return plugin_state_directory(options) / "crashes";
}

// Containers that share the directory may share their process ids too.
std::string crash_file_name() {
    static std::atomic<unsigned> count{0};
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return fmt::format("{}-{:x}-{}", ::getpid(), now, ++count);
}

std::uint64_t crash_home(const HostOptions& options) {
    const auto hash = sha256_hex(home_name(options));
    std::uint64_t home = 0;
    std::from_chars(hash.data(), hash.data() + home_digits, home, 16);
    return home;
}

void heed_crashes(const HostOptions& options) {
    const auto crashes = plugin_host::find_crashes(crash_directory(options));
    if (crashes.empty()) {
        return;
    }
    plugin_host::Demotions demotions(plugin_state_directory(options));
    for (const auto& [file, record] : crashes) {
        const auto account = account_of(record);
        const auto sha256 = plugin_host::parse_sha256(record.sha256.data());
        if (!sha256 || demotions.find(*sha256)) {
            log::warning(component, account);
            continue;
        }
        demotions.add(*sha256, record.plugin_id.data(), account);
        log::warning(
            component,
            account +
                "; from now on this build runs in processes of its own, until tenon plugin "
                "promote " +
                *sha256
        );
    }
}

void report_crashes(const HostOptions& options, database::ConnectionPool& pool) {
    database::CrashRepository repository(pool);
    if (const auto limit = options.supervision.poison_after) {
        repository.set_poison_after(*limit);
    }
    for (const auto& [file, record] : plugin_host::find_crashes(crash_directory(options))) {
        if (record.home != crash_home(options)) {
            continue;  // Another database's steps; its own host will come.
        }
        if (record.attempt > 0) {
            report(repository, record);
        }
        std::error_code gone;
        std::filesystem::remove(file, gone);
    }
}

}  // namespace tenon::app
