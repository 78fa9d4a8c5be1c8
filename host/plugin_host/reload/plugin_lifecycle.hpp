#pragma once

#include "plugin_host/plugin_registry.hpp"
#include "plugin_host/reload/builds/build_shelf.hpp"
#include "plugin_host/reload/builds/build_trial.hpp"
#include "plugin_host/reload/builds/probation.hpp"
#include "plugin_host/reload/builds/quarantine.hpp"
#include "plugin_host/reload/folder_watch.hpp"
#include "plugin_host/reload/generation_book.hpp"
#include "plugin_host/reload/plugin_history.hpp"
#include "plugin_host/reload/plugin_status.hpp"
#include "plugin_host/reload/reload_inbox.hpp"
#include "plugin_host/reload/retirement.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tenon::plugin_host {

/// Replaces plugins while their handlers run: finds new builds, tries them, makes them active,
/// drains and retires the old ones, and goes back to them when a new one is no good.
///
/// Everything that loads runs on one thread of its own, and everything that ends plugins on
/// another. A build that is refused at any point changes nothing. [any-thread], but for what says
/// [setup].
class PluginLifecycle : private LoadGate {
public:
    struct Options {
        PluginRegistry::Options registry;       ///< But for `retire`, which is the lifecycle's own.
        std::filesystem::path state_directory;  ///< Where the quarantine is kept.
        std::vector<std::filesystem::path> folders;   ///< Where plugins come from.
        std::shared_ptr<BuildTrial> trial = nullptr;  ///< Null: builds are loaded untried.
        FolderWatch::Options watch = {};
        ProbationLimits probation = {};
        std::size_t most_pinned = 64;  ///< Old images of a plugin that may stay in memory.
        std::size_t kept_builds = 3;   ///< To go back to, for each plugin.
        std::size_t history = 1000;    ///< Transitions to remember.
        std::chrono::milliseconds quiesce{5000};  ///< For background work of an old build to end.
    };

    /// What the rest of the host is told, on the lifecycle's thread. It may block.
    struct Observers {
        /// Callables resolve to other handlers now; when it returns, everybody has seen it.
        std::function<void()> published;
    };

    /// Throws as PluginRegistry, Quarantine and FolderWatch do. [setup]
    explicit PluginLifecycle(Options options);
    ~PluginLifecycle();
    PluginLifecycle(const PluginLifecycle&) = delete;
    PluginLifecycle& operator=(const PluginLifecycle&) = delete;

    const PluginRegistry& registry() const noexcept { return registry_; }

    /// Where the lists of builds are kept.
    const std::filesystem::path& state_directory() const noexcept {
        return options_.state_directory;
    }

    /// Loads every `*.so` of the folders, on this thread. Throws Exception(not_found) when a folder
    /// cannot be read. Before `start`. [setup]
    std::vector<PluginRegistry::Loaded> load_folders();

    /// Begins to watch. [setup]
    void start(Observers observers);

    /// Ends both threads; what was asked for and not begun is refused. [setup]
    void stop();

    /// Loads every file of the folders that holds another build than the active one, or one file,
    /// which must be in one of them: its path, or its name. Throws Exception(invalid_input) for
    /// another file, Exception(unavailable) when the host stops.
    std::vector<PluginRegistry::Loaded> reload(std::optional<std::filesystem::path> file);

    /// The same for all, later.
    void reload_soon();

    /// Makes the build active that was so before the one that is, as a generation of its own. The
    /// error says why there is none.
    Result<PluginInfo> rollback(const std::string& plugin_id);

    /// Never loads this build again, and goes back to the one before where it is active. Returns
    /// the plugins of which it stays active, because there is none before.
    std::vector<std::string> quarantine(const std::string& sha256, const std::string& reason);

    /// False when the build was not in quarantine.
    bool release(const std::string& sha256);

    PluginsStatus status() const;

    /// Nothing for a plugin that was never loaded.
    std::optional<PluginStatus> status(const std::string& plugin_id) const;

    PluginHistory::Counts transitions() const { return history_.counts(); }

    std::vector<PluginTransition> history(std::string_view plugin_id) const {
        return history_.of(plugin_id);
    }

private:
    // The gate, which sees every load of the lifecycle.
    Result<void> snapshotted(const Snapshot& copy) override;
    Result<void> inspected(const Snapshot& copy, const PluginManifest& manifest) override;
    void loaded(Generation& generation) override;
    void published(const Generation& generation, std::uint64_t before) override;

    void run();
    void look_at_folders();
    void forget_missing(const std::vector<std::filesystem::path>& files);
    Result<PluginInfo> load(const std::filesystem::path& file, ReloadTrigger trigger);
    Result<PluginInfo> try_load(const std::function<Result<PluginInfo>()>& attempt);
    std::vector<PluginRegistry::Loaded> reload_now(
        const std::optional<std::filesystem::path>& file,
        ReloadTrigger trigger
    );
    Result<PluginInfo> go_back(const std::string& plugin_id, ReloadTrigger trigger);

    bool going_back() const noexcept {
        return current_.trigger == ReloadTrigger::rollback ||
               current_.trigger == ReloadTrigger::probation;
    }

    const ShelvedBuild* earlier_build(const std::string& plugin_id) const;
    std::vector<std::string> quarantine_now(const std::string& sha256, const std::string& reason);
    void judge_fresh_builds();
    void dismiss(const GenerationStatus& build);
    void retired(const Retirement::Ending& ending);
    void note(PluginState state, std::string reason = {});
    void note_of(const GenerationStatus& build, PluginState state, std::string reason = {});
    void settle_file(const std::filesystem::path& file, const Result<PluginInfo>& result);
    void tell_published();
    void complete(PluginStatus& plugin) const;

    const Options options_;
    Observers observers_;
    PluginHistory history_;
    GenerationBook book_;
    Quarantine quarantine_;
    FolderWatch watch_;
    const std::shared_ptr<ReloadInbox> inbox_;
    const std::shared_ptr<Retirement> retirement_;
    PluginRegistry registry_;

    // Of the thread that loads.
    BuildShelf shelf_;
    PluginTransition current_;  // What is known of the load under way.
    PluginState refused_as_ = PluginState::rejected;
    std::string keeps_mapped_;  // From its trial.
    bool by_name_ = false;      // Somebody wants this very file.
    bool news_ = false;         // Something was published that nobody was told of.
    std::map<std::filesystem::path, FileVersion> seen_;
    std::map<std::filesystem::path, std::string> given_up_;  // Hashes that were rolled back.

    mutable std::mutex mutex_;  // Guards the two below, which others ask for.
    std::map<std::filesystem::path, FileStatus> files_;
    std::map<std::string, std::size_t> can_go_back_;

    std::thread thread_;
};

}  // namespace tenon::plugin_host
