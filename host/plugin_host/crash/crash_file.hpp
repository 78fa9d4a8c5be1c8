#pragma once

#include "plugin_host/crash/crash_record.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// The file in which a host that crashes says what happened. It is locked for as long as the host
/// lives, and goes with a host that ends in order; so what others find unlocked, died.
///
/// The page is mapped for reading only: neither a wild write nor a plugin that closes every
/// descriptor can harm it.
class CrashFile {
public:
    /// `directory` is made if need be. `home` names the database whose steps this host runs: hosts
    /// of several may share the directory. Throws Exception(unavailable). [setup]
    CrashFile(const std::filesystem::path& directory, std::string_view name, std::uint64_t home);

    /// Removes the file: this host ended in order.
    ~CrashFile();
    CrashFile(const CrashFile&) = delete;
    CrashFile& operator=(const CrashFile&) = delete;

    /// The host came further. [any-thread]
    void enter(HostPhase phase) noexcept;

    /// Removes the file now: whatever the process ends with from now on is its own word.
    void end_in_order() noexcept;

    /// The page, readable. For the signal handler, which makes it writable.
    CrashRecord* page() const noexcept { return page_; }

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    FileDescriptor file_;
    CrashRecord* page_ = nullptr;
};

/// Makes a page of a crash file writable, or readable only. Async-signal-safe.
bool set_writable(CrashRecord* page, bool writable) noexcept;

/// The record in `file`; nothing when there is none of this layout.
std::optional<CrashRecord> read_crash_file(const std::filesystem::path& file);

/// A record that a host left, with its file.
struct CrashLeft {
    std::filesystem::path file;
    CrashRecord record;
};

/// The records of hosts that died, in the order of their time. Files without a record, and those
/// that nobody came for in a week, are removed.
std::vector<CrashLeft> find_crashes(const std::filesystem::path& directory);

}  // namespace tenon::plugin_host
