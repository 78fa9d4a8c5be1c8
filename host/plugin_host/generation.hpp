#pragma once

#include "plugin_host/plugin_info.hpp"
#include "plugin_host/reload/call_tally.hpp"
#include "plugin_host/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

class Handler;
class RunnerRoster;

/// Receives what plugins log outside of calls: level (TENON_LOG_*), plugin id, message.
/// [any-thread], must not throw.
using PluginLog = std::function<void(std::int32_t, std::string_view, std::string_view)>;

/// What can be called of one build.
struct HandlerSet {
    std::vector<std::shared_ptr<const Handler>> declared;
    std::vector<std::shared_ptr<const Handler>> functions;  ///< Exported ones, `library#symbol`.
};

/// One build of one plugin, initialised and ready to be called: in this process, or in processes
/// of its own. Handlers share its ownership, so it outlives every call in flight; when the last
/// one lets go, it is wound down, ended and its copy deleted: on the thread that let go, unless its
/// owner hands it to another one.
class Generation {
public:
    Generation(const Generation&) = delete;
    Generation& operator=(const Generation&) = delete;
    virtual ~Generation();

    const PluginInfo& info() const noexcept { return info_; }

    /// The copy that it was loaded from.
    const Snapshot& snapshot() const noexcept { return snapshot_; }

    /// How the calls into it went. It may outlive the generation.
    const std::shared_ptr<CallTally>& calls() const noexcept { return calls_; }

    /// Its handlers, which own `self`: this generation, as its owner holds it.
    virtual HandlerSet handlers(const std::shared_ptr<const Generation>& self) const = 0;

    /// Ends everything but the mapping, or its processes: background work, for which it waits up to
    /// `deadline`, instances, deinit(). Returns how many pieces of background work go on all the
    /// same; then the code must stay. No call may run. The destructor does it without waiting, and
    /// keeps the code only for threads that are inside of it. [load]
    virtual std::uint64_t wind_down(std::chrono::milliseconds deadline) = 0;

    /// The processes that it runs in; null when that is this one. It may outlive the generation.
    virtual std::shared_ptr<const RunnerRoster> runners() const { return nullptr; }

protected:
    explicit Generation(Snapshot snapshot) : snapshot_(std::move(snapshot)) {}

    PluginInfo& own_info() noexcept { return info_; }

private:
    Snapshot snapshot_;
    PluginInfo info_;
    std::shared_ptr<CallTally> calls_ = std::make_shared<CallTally>();
};

}  // namespace tenon::plugin_host
