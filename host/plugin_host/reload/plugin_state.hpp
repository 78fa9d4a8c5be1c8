#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// Where a build is on its way through the host; docs/hot_reload.md has the picture.
enum class PluginState : std::uint8_t {
    discovered,      ///< A file that is new or has changed.
    snapshotted,     ///< A private copy of it was made, and its hash is known.
    inspected,       ///< It is a plugin that may be loaded; none of it ran.
    scouted,         ///< It was tried in a process of its own.
    loaded,          ///< It is in this process, and nobody can call it.
    active,          ///< New calls go to it.
    draining,        ///< Only calls that had begun are still in it.
    retired_closed,  ///< It is out of memory.
    retired_pinned,  ///< It is never called again, but its code cannot leave.
    rejected,        ///< It was not taken; `reason` says why.
    quarantined,     ///< Its hash is never loaded again until somebody releases it.
};

inline constexpr std::size_t plugin_state_count = 11;

std::string_view to_string(PluginState state) noexcept;

/// Who wanted a build loaded.
enum class ReloadTrigger : std::uint8_t { start, watcher, request, signal, rollback, probation };

std::string_view to_string(ReloadTrigger trigger) noexcept;

/// One build that entered one state. What is not known yet is empty or 0.
struct PluginTransition {
    std::chrono::system_clock::time_point at{};
    PluginState state = PluginState::discovered;
    std::optional<ReloadTrigger> trigger{};  ///< None where nobody asked for it.
    std::filesystem::path file{};
    std::string sha256{};
    std::string plugin_id{};
    std::string version{};
    std::uint64_t generation = 0;
    std::string reason{};
};

}  // namespace tenon::plugin_host
