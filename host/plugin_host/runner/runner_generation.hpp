#pragma once

#include "plugin_host/generation.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/runner/runner_pool.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tenon::plugin_host {

/// A build that is loaded into runner processes, and into nothing else.
class RunnerGeneration final : public Generation {
public:
    struct Needs {
        RunnerOptions options;
        PluginLog log;
        std::shared_ptr<RunnerSupervisor> supervisor;
    };

    /// Starts the first runner and takes from it what the build declares. The error continues a
    /// sentence that begins with the file's name.
    static Result<std::shared_ptr<RunnerGeneration>> start(
        Snapshot snapshot,
        const PluginManifest& manifest,
        std::uint64_t number,
        Needs needs
    );

    ~RunnerGeneration() override;

    HandlerSet handlers(const std::shared_ptr<const Generation>& self) const override;
    std::uint64_t wind_down(std::chrono::milliseconds deadline) override;

    std::shared_ptr<const RunnerRoster> runners() const override { return pool_.roster(); }

    RunnerPool& pool() const noexcept { return pool_; }

private:
    RunnerGeneration(
        Snapshot snapshot,
        const PluginManifest& manifest,
        std::uint64_t number,
        Needs needs
    );

    void introduce(const HelloMessage& hello);

    mutable RunnerPool pool_;  // Calls are const for those who make them.
    std::vector<HandlerEntry> handlers_;
};

}  // namespace tenon::plugin_host
