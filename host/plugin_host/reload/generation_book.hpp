#pragma once

#include "plugin_host/generation.hpp"
#include "plugin_host/reload/plugin_status.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// The generations of this process and their states, also of those that are gone. [any-thread]
class GenerationBook {
public:
    /// A generation was loaded.
    void open(const Generation& generation);

    /// It enters another state. False when the book does not know it.
    bool enter(std::uint64_t generation, PluginState state, std::string reason = {});

    /// As it is now.
    std::optional<GenerationStatus> find(std::uint64_t generation) const;

    /// The one of this plugin that new calls go to.
    std::optional<GenerationStatus> active(std::string_view plugin_id) const;

    /// All of every plugin, the newest first. Pins and builds to go back to are not filled in.
    std::vector<PluginStatus> plugins() const;

    /// Ends the probation of a generation: its faults are only counted from now on.
    void end_probation(std::uint64_t generation);

    /// The generations whose probation goes on.
    std::vector<GenerationStatus> on_probation() const;

private:
    struct Entry {
        GenerationStatus status;
        std::shared_ptr<CallTally> tally;
        std::shared_ptr<const RunnerRoster> runners;  // Null of a build in this process.
    };

    static GenerationStatus status_of(const Entry& entry);
    void forget_old_ones(const std::string& plugin_id);

    mutable std::mutex mutex_;  // Guards the entries: loads, retirements and questions meet here.
    std::map<std::uint64_t, Entry> entries_;
};

}  // namespace tenon::plugin_host
