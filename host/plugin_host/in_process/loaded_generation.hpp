#pragma once

#include "plugin_host/crash/guest_code.hpp"
#include "plugin_host/generation.hpp"
#include "plugin_host/in_process/library.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"

#include <tenon/abi/plugin.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace tenon::plugin_host {

class InstancePool;

/// A build in the memory of this process.
class LoadedGeneration final : public Generation {
public:
    /// Loads the snapshot, checks its entry struct, runs init() and checks its handlers. The
    /// error continues a sentence that begins with the file's name.
    static Result<std::shared_ptr<LoadedGeneration>> start(
        Snapshot snapshot,
        const PluginManifest& manifest,
        std::uint64_t number,
        PluginLog log
    );

    ~LoadedGeneration() override;

    using Generation::handlers;
    HandlerSet handlers(const std::shared_ptr<const Generation>& self) const override;
    std::uint64_t wind_down(std::chrono::milliseconds deadline) override;

    /// Takes the instances of a handler that goes: they end with the generation, not on the thread
    /// that made the last call. [any-thread]
    void keep(std::unique_ptr<InstancePool> instances) const;

    /// The plugin's entry struct, as checked. Valid while the generation lives.
    const tenon_plugin& entry() const noexcept { return *plugin_; }

    /// The plugin's table, as checked. Valid while the generation lives.
    std::span<const tenon_handler* const> handlers() const noexcept { return handlers_; }

private:
    LoadedGeneration(Snapshot snapshot, Library library, PluginLog log);

    Result<void> initialise(const PluginManifest& manifest, std::uint64_t number);
    std::string image() const;
    std::uint64_t await_threads(std::chrono::steady_clock::time_point until) const;
    Result<void> check_entry() const;
    Result<void> read_handlers();

    static void log_from_plugin(
        const tenon_host* host,
        std::int32_t level,
        tenon_str message
    ) noexcept;

    GuestCode code_;  // Known until the library is gone.
    Library library_;
    PluginLog log_;
    const tenon_plugin* plugin_ = nullptr;
    tenon_host host_{};
    bool initialised_ = false;
    mutable std::mutex kept_mutex_;  // Guards the pools: handlers go on any thread.
    mutable std::vector<std::unique_ptr<InstancePool>> kept_;
    std::vector<const tenon_handler*> handlers_;
    std::vector<std::string> step_symbols_;
};

}  // namespace tenon::plugin_host
