#pragma once

#include "plugin_host/runner/runner_process.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tenon::plugin_host {

/// Who has runners. Called on the supervisor's thread.
class RunnerOwner {
public:
    virtual ~RunnerOwner() = default;

    /// Starts what it wants to have in reserve.
    virtual void stock_up() = 0;

    /// Lets go of what it has not needed for a while. True while there is more to let go of.
    virtual bool trim() = 0;
};

/// The thread that is the parent of a host's runners: it starts them, reads what they write, and
/// sees those off that are not needed any more. [any-thread]
class RunnerSupervisor {
public:
    RunnerSupervisor();
    ~RunnerSupervisor();
    RunnerSupervisor(const RunnerSupervisor&) = delete;
    RunnerSupervisor& operator=(const RunnerSupervisor&) = delete;

    /// Starts a runner, see RunnerProcess::start, and returns it or throws what that throws.
    std::unique_ptr<RunnerProcess> start(
        const std::filesystem::path& program,
        const std::string& plugin_id,
        const PluginLog& log
    );

    /// From now on the owner is asked to `trim` now and then.
    void join(RunnerOwner& owner);

    /// The owner is never called again when this returns.
    void leave(RunnerOwner& owner);

    /// `stock_up` is to be called soon.
    void wants_stock(RunnerOwner& owner);

    /// `trim` is to be called in a while.
    void wants_trim();

    /// Sees a runner off: its socket is hung up, so that it ends by itself; after `patience` it is
    /// told to end, and soon after that killed. The future is ready once it is gone.
    std::future<void> see_off(
        std::unique_ptr<RunnerProcess> runner,
        std::chrono::milliseconds patience
    );

    /// On the supervisor's thread only: starts one and reads along with it.
    std::unique_ptr<RunnerProcess> start_here(
        const std::filesystem::path& program,
        const std::string& plugin_id,
        const PluginLog& log
    );

private:
    using Clock = std::chrono::steady_clock;
    using Job = std::function<void()>;

    struct Leaving {
        std::unique_ptr<RunnerProcess> runner;
        Clock::time_point until;
        bool told = false;
        std::promise<void> gone = {};
    };

    void post(Job job);
    void run();
    void run_jobs();
    void read_outputs(std::span<const std::uint64_t> readable);
    void see_off_leaving();
    void trim_owners();
    int pause() const;

    FileDescriptor events_;
    FileDescriptor bell_;

    std::mutex mutex_;  // Guards the jobs.
    std::deque<Job> jobs_;
    bool stopping_ = false;

    // Held while an owner is called, so that it can leave in peace; recursive, because an owner
    // that is called may ask for more.
    std::recursive_mutex owners_mutex_;
    std::vector<RunnerOwner*> owners_;

    // Of the thread.
    std::map<std::uint64_t, std::shared_ptr<RunnerOutput>> outputs_;
    std::uint64_t last_output_ = 0;
    std::list<Leaving> leaving_;
    bool trims_ = false;
    Clock::time_point next_trim_{};

    std::thread thread_;
};

}  // namespace tenon::plugin_host
