#pragma once

#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/library.hpp"
#include "plugin_host/plugin_info.hpp"
#include "plugin_host/reload/call_tally.hpp"
#include "plugin_host/snapshot.hpp"

#include <tenon/abi/plugin.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

class InstancePool;

/// Receives what plugins log outside of calls: level (TENON_LOG_*), plugin id, message.
/// [any-thread], must not throw.
using PluginLog = std::function<void(std::int32_t, std::string_view, std::string_view)>;

/// One build of one plugin, loaded and initialised. Handlers share its ownership, so it outlives
/// every call in flight; when the last one lets go, it is wound down, unloaded and its copy
/// deleted: on the thread that let go, unless its owner hands it to another one.
class Generation {
public:
    /// Loads the snapshot, checks its entry struct, runs init() and checks its handlers. The
    /// error continues a sentence that begins with the file's name.
    static Result<std::shared_ptr<Generation>> start(
        Snapshot snapshot,
        const PluginManifest& manifest,
        std::uint64_t number,
        PluginLog log
    );

    Generation(const Generation&) = delete;
    Generation& operator=(const Generation&) = delete;
    ~Generation();

    const PluginInfo& info() const noexcept { return info_; }

    /// The copy that it was loaded from.
    const Snapshot& snapshot() const noexcept { return snapshot_; }

    /// How the calls into it went. It may outlive the generation.
    const std::shared_ptr<CallTally>& calls() const noexcept { return calls_; }

    /// Takes the instances of a handler that goes: they end with the generation, not on the thread
    /// that made the last call. [any-thread]
    void keep(std::unique_ptr<InstancePool> instances) const;

    /// Ends everything but the mapping: background work, for which it waits up to `deadline`,
    /// instances, deinit(). Returns how many pieces of background work go on all the same; then the
    /// code must stay. No call may run. The destructor does it without waiting. [load]
    std::uint64_t wind_down(std::chrono::milliseconds deadline);

    /// The plugin's entry struct, as checked. Valid while the generation lives.
    const tenon_plugin& entry() const noexcept { return *plugin_; }

    /// The plugin's table, as checked. Valid while the generation lives.
    std::span<const tenon_handler* const> handlers() const noexcept { return handlers_; }

    /// The names of its exported `tenon_step_*` functions.
    const std::vector<std::string>& step_symbols() const noexcept { return step_symbols_; }

    /// The function behind one of `step_symbols`.
    tenon_step_function step_function(const std::string& symbol) const noexcept;

private:
    Generation(Snapshot snapshot, Library library, PluginLog log);

    Result<void> initialise(const PluginManifest& manifest, std::uint64_t number);
    Result<void> check_entry() const;
    Result<void> read_handlers();

    static void log_from_plugin(
        const tenon_host* host,
        std::int32_t level,
        tenon_str message
    ) noexcept;

    Snapshot snapshot_;
    Library library_;
    PluginLog log_;
    const tenon_plugin* plugin_ = nullptr;
    tenon_host host_{};
    bool initialised_ = false;
    std::shared_ptr<CallTally> calls_ = std::make_shared<CallTally>();
    mutable std::mutex kept_mutex_;  // Guards the pools: handlers go on any thread.
    mutable std::vector<std::unique_ptr<InstancePool>> kept_;
    std::vector<const tenon_handler*> handlers_;
    std::vector<std::string> step_symbols_;
    PluginInfo info_;
};

}  // namespace tenon::plugin_host
