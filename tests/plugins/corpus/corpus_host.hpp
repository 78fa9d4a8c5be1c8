#pragma once

#include "neighbour.hpp"
#include "plugin_host/reload/plugin_lifecycle.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::corpus {

using plugin_host::Isolation;

/// The plugin host of a worker, with a good neighbour for every nasty plugin. It loads what it is
/// asked to, and watches its folder only when told.
class CorpusHost {
public:
    using Options = plugin_host::PluginLifecycle::Options;
    using Adjust = std::function<void(Options&)>;

    /// Keeps everything in `directory`, which nobody else may write to.
    /// `isolation`: where all handlers run.
    CorpusHost(Isolation isolation, std::filesystem::path directory, Adjust adjust = {});
    CorpusHost(const CorpusHost&) = delete;
    CorpusHost& operator=(const CorpusHost&) = delete;

    /// As Options are meant to be adjusted: looks at the folder `quiet` after a change.
    static void watch(Options& options);

    std::filesystem::path folder() const { return directory_ / "plugins"; }

    std::filesystem::path state() const { return directory_ / "state"; }

    /// The file of a plugin in the folder.
    std::filesystem::path file(const std::string& name) const;

    /// The bytes of a guest, as built.
    static std::string bytes(const std::string& guest);

    /// Puts a file into the folder, in the place of an older one at once, as `mv` does.
    std::filesystem::path put(const std::string& name, std::string_view content) const;

    /// Puts a guest into the folder, under its own name or as `name`, and asks the host to load it.
    Result<plugin_host::PluginInfo> deploy(const std::string& guest, const std::string& name = {});
    Result<plugin_host::PluginInfo> deploy_bytes(const std::string& name, std::string_view content);

    /// Asks the host to load the file of this name in its folder.
    Result<plugin_host::PluginInfo> load(const std::string& name);

    std::shared_ptr<const plugin_host::Handler> handler(const std::string& callable) const;

    /// What a call gives: its result, or "code: message".
    StepOutcome invoke(
        const std::string& callable,
        std::string_view method = "call",
        plugin_host::StepCall step = {}
    ) const;
    std::string answer(const std::string& callable, std::string_view method = "call") const;

    plugin_host::PluginLifecycle& lifecycle() { return *lifecycle_; }

    const Neighbour& neighbour() const { return *neighbour_; }

    /// Ends, and begins anew with the same folder and state.
    void restart();

private:
    Options options() const;
    void begin();

    Isolation isolation_;
    std::filesystem::path directory_;
    Adjust adjust_;
    std::unique_ptr<plugin_host::PluginLifecycle> lifecycle_;
    std::optional<Neighbour> neighbour_;
};

/// "code: message", or the result.
std::string to_text(const StepOutcome& outcome);

}  // namespace tenon::corpus
