#include "app/shutdown/host_signals.hpp"

#include <initializer_list>

namespace tenon::app {
namespace {

constexpr timespec look_interval{.tv_sec = 0, .tv_nsec = 200'000'000};

sigset_t host_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, lost_signal}) {
        ::sigaddset(&set, signal);
    }
    return set;
}

}  // namespace

int await_host_signal(bool calm) {
    const auto signals = host_signals();
    return calm ? ::sigwaitinfo(&signals, nullptr)
                : ::sigtimedwait(&signals, nullptr, &look_interval);
}

void block_host_signals() {
    const auto signals = host_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace tenon::app
