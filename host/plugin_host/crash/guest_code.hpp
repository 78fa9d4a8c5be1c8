#pragma once

#include "plugin_host/plugin_info.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace tenon::plugin_host {

/// Where the code of a loaded build lies, known to the signal handler for as long as this lives:
/// so a crash on a thread of the plugin's own is put down to it all the same.
class GuestCode {
public:
    /// Of the library that was loaded from `file`, if it is; `build` must outlive this. Beyond 1024
    /// at a time they stay unknown. [load]
    GuestCode(const std::filesystem::path& file, const PluginInfo& build);
    ~GuestCode();
    GuestCode(const GuestCode&) = delete;
    GuestCode& operator=(const GuestCode&) = delete;

    /// An address within the code of some build.
    struct Place {
        const PluginInfo* build;
        std::uint64_t offset;  ///< As the build's own ELF file counts.
    };

    /// Async-signal-safe.
    static std::optional<Place> find(std::uint64_t address) noexcept;

    /// The first of `words` that lies in the code of some build. Async-signal-safe.
    static std::optional<Place> find_first(std::span<const std::uint64_t> words) noexcept;

private:
    const PluginInfo* build_;
    std::uint64_t base_ = 0;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace tenon::plugin_host
