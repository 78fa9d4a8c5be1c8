#include "plugin_host/runner/runner_supervisor.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

constexpr std::uint64_t bell_number = 0;
constexpr std::size_t most_events = 64;
constexpr std::chrono::milliseconds trim_interval{1000};

// Between being told to end and being killed.
constexpr std::chrono::milliseconds after_term{200};

void add_to(const FileDescriptor& events, int descriptor, std::uint64_t number) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = number;
    ::epoll_ctl(events.get(), EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

RunnerSupervisor::RunnerSupervisor()
    : events_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!events_ || !bell_) {
        throw Exception({ErrorCode::unavailable, "no descriptors are left to watch runners with"});
    }
    add_to(events_, bell_.get(), bell_number);
    thread_ = std::thread([this] { run(); });
}

RunnerSupervisor::~RunnerSupervisor() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ::eventfd_write(bell_.get(), 1);
    thread_.join();
}

std::unique_ptr<RunnerProcess> RunnerSupervisor::start(
    const std::filesystem::path& program,
    const std::string& plugin_id,
    const PluginLog& log
) {
    auto promise = std::make_shared<std::promise<std::unique_ptr<RunnerProcess>>>();
    auto started = promise->get_future();
    post([this, promise, program, plugin_id, log] {
        try {
            promise->set_value(start_here(program, plugin_id, log));
        } catch (...) {
            promise->set_exception(std::current_exception());
        }
    });
    return started.get();
}

std::unique_ptr<RunnerProcess> RunnerSupervisor::start_here(
    const std::filesystem::path& program,
    const std::string& plugin_id,
    const PluginLog& log
) {
    auto runner = RunnerProcess::start(program, plugin_id, log);
    const auto number = ++last_output_;
    outputs_.emplace(number, runner->output());
    for (const int descriptor : runner->output()->descriptors()) {
        add_to(events_, descriptor, number);
    }
    return runner;
}

void RunnerSupervisor::join(RunnerOwner& owner) {
    const std::lock_guard lock(owners_mutex_);
    owners_.push_back(&owner);
}

void RunnerSupervisor::leave(RunnerOwner& owner) {
    const std::lock_guard lock(owners_mutex_);
    std::erase(owners_, &owner);
}

void RunnerSupervisor::wants_stock(RunnerOwner& owner) {
    post([this, &owner] {
        const std::lock_guard lock(owners_mutex_);
        if (std::ranges::find(owners_, &owner) != owners_.end()) {
            owner.stock_up();
        }
    });
}

void RunnerSupervisor::wants_trim() {
    post([this] {
        if (!std::exchange(trims_, true)) {
            next_trim_ = Clock::now() + trim_interval;
        }
    });
}

std::future<void> RunnerSupervisor::see_off(
    std::unique_ptr<RunnerProcess> runner,
    std::chrono::milliseconds patience
) {
    auto leaving = std::make_shared<Leaving>();
    leaving->runner = std::move(runner);
    leaving->until = Clock::now() + patience;
    auto gone = leaving->gone.get_future();
    leaving->runner->socket().hang_up();
    post([this, leaving] {
        // It wakes the loop when it ends; its number is that of the bell, which does nothing.
        add_to(events_, leaving->runner->descriptor(), bell_number);
        leaving_.push_back(std::move(*leaving));
    });
    return gone;
}

void RunnerSupervisor::post(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    ::eventfd_write(bell_.get(), 1);
}

void RunnerSupervisor::run() {
    while (true) {
        std::array<epoll_event, most_events> events{};
        const int count =
            ::epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()), pause());
        std::vector<std::uint64_t> readable;
        for (int i = 0; i < count; ++i) {
            // Copied first: the kernel's struct is packed, and a reference to its number unaligned.
            const std::uint64_t runner = events.at(static_cast<std::size_t>(i)).data.u64;
            readable.push_back(runner);
        }
        read_outputs(readable);
        run_jobs();
        see_off_leaving();
        trim_owners();
        const std::lock_guard lock(mutex_);
        if (stopping_ && jobs_.empty() && leaving_.empty()) {
            return;
        }
    }
}

void RunnerSupervisor::run_jobs() {
    eventfd_t count = 0;
    ::eventfd_read(bell_.get(), &count);
    while (true) {
        std::deque<Job> jobs;
        {
            const std::lock_guard lock(mutex_);
            jobs.swap(jobs_);
        }
        if (jobs.empty()) {
            return;
        }
        for (const auto& job : jobs) {
            try {
                job();
            } catch (const std::exception& error) {
                log::warning("plugins", error.what());
            }
        }
    }
}

void RunnerSupervisor::read_outputs(std::span<const std::uint64_t> readable) {
    for (const auto number : readable) {
        const auto found = outputs_.find(number);
        if (found == outputs_.end() || found->second->drain()) {
            continue;
        }
        for (const int descriptor : found->second->descriptors()) {
            ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
        }
        outputs_.erase(found);
    }
}

void RunnerSupervisor::see_off_leaving() {
    const auto now = Clock::now();
    for (auto leaving = leaving_.begin(); leaving != leaving_.end();) {
        if (leaving->runner->wait(std::chrono::milliseconds(0))) {
            ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, leaving->runner->descriptor(), nullptr);
            leaving->runner.reset();
            leaving->gone.set_value();
            leaving = leaving_.erase(leaving);
            continue;
        }
        if (now >= leaving->until) {
            leaving->runner->signal(std::exchange(leaving->told, true) ? SIGKILL : SIGTERM);
            leaving->until = now + after_term;
        }
        ++leaving;
    }
}

void RunnerSupervisor::trim_owners() {
    const auto now = Clock::now();
    if (!trims_ || now < next_trim_) {
        return;
    }
    next_trim_ = now + trim_interval;
    const std::lock_guard lock(owners_mutex_);
    trims_ = false;
    for (auto* owner : owners_) {
        trims_ = owner->trim() || trims_;
    }
}

// In milliseconds, for epoll_wait; -1: until something happens.
int RunnerSupervisor::pause() const {
    auto next = Clock::time_point::max();
    for (const auto& leaving : leaving_) {
        next = std::min(next, leaving.until);
    }
    if (trims_) {
        next = std::min(next, next_trim_);
    }
    if (next == Clock::time_point::max()) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace tenon::plugin_host
