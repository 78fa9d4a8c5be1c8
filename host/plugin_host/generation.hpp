#pragma once

#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/library.hpp"
#include "plugin_host/plugin_info.hpp"
#include "plugin_host/snapshot.hpp"

#include <tenon/abi/plugin.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// Receives what plugins log outside of calls: level (TENON_LOG_*), plugin id, message.
/// [any-thread], must not throw.
using PluginLog = std::function<void(std::int32_t, std::string_view, std::string_view)>;

/// One build of one plugin, loaded and initialised. Handlers share its ownership, so it outlives
/// every call in flight; when the last one lets go, it is de-initialised, unloaded and its copy
/// deleted, on the thread that let go.
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
    std::vector<const tenon_handler*> handlers_;
    std::vector<std::string> step_symbols_;
    PluginInfo info_;
};

}  // namespace tenon::plugin_host
