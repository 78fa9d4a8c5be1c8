#include "database/embedded/postmaster.hpp"

#include <cerrno>
#include <csignal>
#include <exception>
#include <sys/wait.h>
#include <utility>

namespace tenon::database {
namespace {

constexpr auto last_resort_limit = std::chrono::seconds(5);

}  // namespace

Postmaster::Postmaster(ChildCommand command) {
    command.death_signal = SIGINT;
    keeper_ = std::thread([this, command = std::move(command)] { keep(command); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pid_ || failure_; });
    if (failure_) {
        lock.unlock();
        keeper_.join();
        std::rethrow_exception(failure_);
    }
}

Postmaster::~Postmaster() {
    stop(last_resort_limit);
    keeper_.join();
}

pid_t Postmaster::pid() const {
    const std::lock_guard lock(mutex_);
    return *pid_;
}

bool Postmaster::running() const {
    const std::lock_guard lock(mutex_);
    return !exited_;
}

void Postmaster::stop(std::chrono::milliseconds limit) {
    for (const int number : {SIGINT, SIGQUIT}) {
        signal_if_running(number);
        if (wait_for_exit(limit)) {
            return;
        }
    }
    signal_if_running(SIGKILL);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return exited_; });
}

void Postmaster::keep(const ChildCommand& command) {
    pid_t child = 0;
    try {
        child = spawn(command);
        const std::lock_guard lock(mutex_);
        pid_ = child;
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
    }
    changed_.notify_all();
    if (child == 0) {
        return;
    }
    // Wait without reaping first: as long as the zombie stands, its number belongs to us, so that
    // a signal under the mutex can never reach a stranger.
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR
    ) {
    }
    const std::lock_guard lock(mutex_);
    int status = 0;
    waitpid(child, &status, 0);
    exited_ = true;
    changed_.notify_all();
}

void Postmaster::signal_if_running(int number) const {
    const std::lock_guard lock(mutex_);
    if (pid_ && !exited_) {
        kill(*pid_, number);
    }
}

bool Postmaster::wait_for_exit(std::chrono::milliseconds limit) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return exited_; });
}

}  // namespace tenon::database
