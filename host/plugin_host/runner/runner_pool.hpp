#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/runner/protocol/messages.hpp"
#include "plugin_host/runner/runner_options.hpp"
#include "plugin_host/runner/runner_roster.hpp"
#include "plugin_host/runner/runner_supervisor.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// A runner with a build in it.
struct Runner {
    std::unique_ptr<RunnerProcess> process;
    bool greeted = false;     ///< It said what it has loaded.
    std::uint16_t calls = 0;  ///< The number of the latest call; goes round.
    std::string buffer = {};  ///< For the frames that are sent to it.
    std::chrono::steady_clock::time_point idle_since{};
};

/// The runners of one build: as many as calls run at the same time and one in reserve, so that
/// nobody waits for a process to start. Each runs one call at a time. [any-thread]
class RunnerPool final : private RunnerOwner {
public:
    RunnerPool(
        RunnerOptions options,
        LoadMessage load,
        std::string plugin_id,
        PluginLog log,
        std::shared_ptr<RunnerSupervisor> supervisor
    );
    ~RunnerPool() override;

    /// Starts the first runner and returns what it has loaded. The error continues a sentence that
    /// begins with the plugin's file. [setup]
    Result<HelloMessage> open();

    /// A runner for one call. Waits for one that starts, but not beyond a request to stop. The
    /// error is a sentence.
    Result<Runner> take(const CallServices* services);

    /// After a call that went as it should.
    void give_back(Runner runner);

    /// After a call that cost the runner its life, or shall.
    void lose(Runner runner);

    /// Ends all runners: each may take up to `patience` to wind down its build.
    void end(std::chrono::milliseconds patience);

    const std::shared_ptr<RunnerRoster>& roster() const noexcept { return roster_; }

    const RunnerOptions& options() const noexcept { return options_; }

private:
    using Clock = std::chrono::steady_clock;

    void stock_up() override;
    bool trim() override;

    Runner begin(std::unique_ptr<RunnerProcess> process);
    Result<HelloMessage> hear_hello(Runner& runner, const CallServices* services) const;
    Result<void> greet(Runner& runner, const CallServices* services) const;
    std::optional<Runner> take_idle();
    bool wait_for_turn(const CallServices* services);
    void note_crash();
    void see_off(Runner runner, std::chrono::milliseconds patience);

    const RunnerOptions options_;
    const LoadMessage load_;
    const std::string plugin_id_;
    const PluginLog log_;
    const std::shared_ptr<RunnerSupervisor> supervisor_;
    const std::shared_ptr<RunnerRoster> roster_ = std::make_shared<RunnerRoster>();
    HelloMessage hello_;  // Of the first one; the others say the same.

    std::mutex mutex_;          // Guards what follows, for a push or a pop.
    std::vector<Runner> idle_;  // The one used last is at the end.
    bool stocking_ = false;
    bool ended_ = false;
    int crashes_ = 0;  // In a row.
    Clock::time_point not_before_{};
};

}  // namespace tenon::plugin_host
