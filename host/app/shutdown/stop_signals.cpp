#include "app/shutdown/stop_signals.hpp"

#include "foundation/telemetry/log.hpp"

#include <cstdlib>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "host";

// How soon the thread notices that nobody needs it any more.
constexpr timespec slice{.tv_sec = 0, .tv_nsec = 50'000'000};

std::string name(int signal) {
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

StopSignals::StopSignals(std::function<void()> hasten)
    : hasten_(std::move(hasten)), thread_([this] { run(); }) {}

StopSignals::~StopSignals() {
    stopping_ = true;
    thread_.join();
}

void StopSignals::run() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    bool hastened = false;
    while (!stopping_) {
        const int signal = ::sigtimedwait(&signals, nullptr, &slice);
        if (signal < 0) {
            continue;
        }
        if (std::exchange(hastened, true)) {
            log::error(component, "ended at once by a third signal, " + name(signal));
            log::flush();
            std::_Exit(exit_code(signal));
        }
        log::warning(
            component, "hastened by " + name(signal) + ": running handlers are asked to stop now"
        );
        hasten_();
    }
}

}  // namespace tenon::app
