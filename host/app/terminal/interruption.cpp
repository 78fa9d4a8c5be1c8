#include "app/terminal/interruption.hpp"

#include <array>
#include <csignal>
#include <poll.h>

namespace tenon::app {

namespace {

constexpr std::array signals{SIGINT, SIGTERM};

// A signal handler can reach nothing but globals.
volatile std::sig_atomic_t signalled = 0;
std::array<struct sigaction, signals.size()> former{};

}  // namespace

void unblock_interruption() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) {
        ::sigaddset(&set, signal);
    }
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Interruption::Interruption() {
    signalled = 0;
    struct sigaction action{};
    action.sa_handler = [](int) { signalled = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &action, &former[i]);
    }
}

Interruption::~Interruption() {
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], &former[i], nullptr);
    }
}

bool Interruption::requested() const noexcept {
    return signalled != 0;
}

void Interruption::wait_for(std::chrono::milliseconds duration) const noexcept {
    if (!requested()) {
        ::poll(nullptr, 0, static_cast<int>(duration.count()));  // A signal ends it early.
    }
}

}  // namespace tenon::app
