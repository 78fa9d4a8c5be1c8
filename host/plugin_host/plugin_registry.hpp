#pragma once

#include "foundation/result.hpp"
#include "plugin_host/catalog.hpp"
#include "plugin_host/generation.hpp"
#include "plugin_host/handler.hpp"
#include "plugin_host/isolation.hpp"
#include "plugin_host/plugin_info.hpp"
#include "plugin_host/reload/load_gate.hpp"
#include "plugin_host/runner/runner_options.hpp"
#include "plugin_host/snapshot.hpp"
#include "plugin_host/trust/trust_policy.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

class RunnerSupervisor;

/// The plugins of this host: loads them and finds the handler of a callable. [any-thread]
///
/// A load that fails changes nothing. Loading a newer build of a loaded plugin replaces it for
/// later calls; handlers already resolved keep running the old one.
class PluginRegistry {
public:
    struct Options {
        std::filesystem::path snapshot_directory;  ///< Private copies go here; created if need be.
        TrustPolicy trust = {};
        CallableMappings mappings = {};
        PluginLog log = {};
        IsolationPolicy isolation = {};
        RunnerOptions runners = {};  ///< For plugins that do not run in this process.
        /// Takes generations that nobody uses any more, to wind them down on a thread of its own.
        /// [any-thread] Empty: that happens where the last user lets go.
        std::function<void(std::shared_ptr<Generation>)> retire = {};
    };

    /// One file of a directory and what became of it.
    struct Loaded {
        std::filesystem::path file;
        Result<PluginInfo> result;
    };

    /// Throws Exception when the snapshot directory cannot be used (unavailable), or what the
    /// trust policy names cannot (invalid_input, not_found).
    explicit PluginRegistry(Options options);

    /// Copies, inspects, loads and publishes the plugin in `file`. The same bytes again change
    /// nothing. The error is one sentence that names the file and the fix.
    Result<PluginInfo> load(const std::filesystem::path& file);

    /// The same, past `gate`.
    Result<PluginInfo> load(const std::filesystem::path& file, LoadGate& gate);

    /// Loads and publishes a build that was loaded before, from a copy that was kept of it: as a
    /// generation of its own.
    Result<PluginInfo> load_again(const Snapshot& kept, LoadGate& gate);

    /// A copy of a loaded build that outlives it.
    Result<Snapshot> keep(const Generation& generation) const;

    /// Loads every `*.so` of `directory`, in the order of their names. Throws
    /// Exception(not_found) when it cannot be read.
    std::vector<Loaded> load_directory(const std::filesystem::path& directory);

    /// The handler that `callable` names now, by the whole chain of Catalog::resolve or the part of
    /// it that `hint` names. Holding it keeps its plugin loaded.
    Result<std::shared_ptr<const Handler>> resolve(
        std::string_view callable,
        std::string_view method = "call",
        std::string_view hint = {}
    ) const;

    /// The loaded plugins, in the order of their ids.
    std::vector<PluginInfo> plugins() const;

private:
    std::shared_ptr<const Catalog> catalog() const;
    Result<PluginInfo> load_snapshot(Snapshot snapshot, LoadGate& gate);
    Result<std::shared_ptr<Generation>> start(Snapshot snapshot, const PluginManifest& manifest);
    std::shared_ptr<const Generation> owned(std::shared_ptr<Generation> generation) const;

    Options options_;
    SnapshotDirectory snapshots_;

    // Two mutexes: plugin code runs under the first, which only other loads wait for; the second
    // is held for the copy of one pointer, by every resolve().
    std::mutex loading_;
    mutable std::mutex publishing_;
    std::shared_ptr<const Catalog> catalog_;
    std::uint64_t generations_ = 0;
    std::shared_ptr<RunnerSupervisor> supervisor_;  // Made for the first plugin that needs it.
};

}  // namespace tenon::plugin_host
