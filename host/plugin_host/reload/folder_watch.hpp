#pragma once

#include "plugin_host/trust/trusted_file.hpp"

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

namespace tenon::plugin_host {

/// Which content a file had: it changes with every write, chmod and replacement, and with those of
/// the signature beside it.
struct FileVersion {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    std::uint64_t signature_inode = 0;
    std::int64_t signature_changed_ns = 0;

    auto operator<=>(const FileVersion&) const = default;

    /// All zero when there is no such file.
    static FileVersion of(const std::filesystem::path& file);
};

/// Waits for changes in folders: by inotify, and by looking now and then, for file systems that
/// report nothing. It watches the folders, not the files, which have new inodes after most
/// replacements. One thread waits; `wake` is [any-thread].
class FolderWatch {
public:
    struct Options {
        std::chrono::milliseconds quiet{250};  ///< How long nothing may change before it counts.
        std::chrono::milliseconds most{2000};  ///< Changes that never pause count after this.
        std::chrono::milliseconds rescan{30000};
    };

    FolderWatch(std::vector<std::filesystem::path> folders, Options options);

    /// True when the folders are to be looked at: they changed and are quiet again, events were
    /// lost, or it is time. False when somebody called `wake`.
    bool wait();

    /// Ends a `wait`, or the next one.
    void wake() noexcept;

    /// Whether changes of every folder are heard of; otherwise they are found by looking.
    bool hears() const noexcept { return hears_; }

    /// Throws Exception(not_found) when a folder cannot be read.
    void check() const;

    /// The file of this path or name in one of the folders, whether it is there or not. Throws
    /// Exception(invalid_input) for any other.
    std::filesystem::path find(const std::filesystem::path& named) const;

    /// Every `*.so` in the folders, by name.
    std::vector<std::filesystem::path> files() const;

    /// Whether somebody has the file open to write to it: it is better looked at when he has closed
    /// it, which is a change again. Who takes longer than `rescan` is not waited for.
    bool being_written(const std::filesystem::path& file);

private:
    using Clock = std::chrono::steady_clock;

    void listen();
    void read_events();
    void note_change();
    Clock::time_point due() const;

    const std::vector<std::filesystem::path> folders_;
    const Options options_;
    FileDescriptor inotify_;
    FileDescriptor wake_;
    std::map<int, std::filesystem::path> watches_;
    std::atomic<bool> hears_{false};
    std::map<std::filesystem::path, Clock::time_point> written_;  // And since when.
    bool changed_ = false;
    bool overflowed_ = false;
    Clock::time_point first_change_{};
    Clock::time_point last_change_{};
    Clock::time_point next_scan_;
};

}  // namespace tenon::plugin_host
