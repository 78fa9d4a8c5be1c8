#include "plugin_host/in_process/fork_guard.hpp"

#include <atomic>
#include <pthread.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

// How many forks lie between this process and the one that began. Asking for the process's number
// instead would cost every call a system call.
std::atomic<std::uint64_t> forks{0};

void note_fork() noexcept {
    forks.fetch_add(1, std::memory_order_relaxed);
}

const bool registered = ::pthread_atfork(nullptr, nullptr, &note_fork) == 0;

}  // namespace

ForkGuard::ForkGuard() noexcept : forks_(forks.load(std::memory_order_relaxed)) {
    static_cast<void>(registered);
}

ForkGuard::~ForkGuard() {
    if (forks.load(std::memory_order_relaxed) != forks_) {
        constexpr int nobody_waits = 0;
        ::_exit(nobody_waits);
    }
}

}  // namespace tenon::plugin_host
