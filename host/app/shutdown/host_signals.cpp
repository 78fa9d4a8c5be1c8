#include "app/shutdown/host_signals.hpp"

#include <initializer_list>

namespace tenon::app {

sigset_t host_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, lost_signal}) {
        ::sigaddset(&set, signal);
    }
    return set;
}

void block_host_signals() {
    const auto signals = host_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace tenon::app
