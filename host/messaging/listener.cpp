#include "messaging/listener.hpp"

#include "database/reconnect_backoff.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tenon::messaging {
namespace {

using Clock = std::chrono::steady_clock;

// How soon the thread notices that it should stop.
constexpr std::chrono::milliseconds slice(100);
constexpr std::string_view component = "listener";

}  // namespace

Listener::Listener(
    std::string conninfo,
    std::vector<std::string_view> channels,
    Observers observers
)
    : Listener(std::move(conninfo), std::move(channels), std::move(observers), Rhythm{}) {}

Listener::Listener(
    std::string conninfo,
    std::vector<std::string_view> channels,
    Observers observers,
    Rhythm rhythm
)
    : conninfo_(std::move(conninfo)),
      channels_(std::move(channels)),
      observers_(std::move(observers)),
      rhythm_(rhythm),
      thread_([this] { run(); }) {}

Listener::~Listener() {
    stop();
}

void Listener::stop() {
    stopping_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Listener::run() {
    database::ReconnectBackoff backoff;
    while (!stopping_) {
        try {
            listen();
        } catch (const std::exception& error) {
            log::warning(component, error.what());
            if (observers_.breaker != nullptr) {
                observers_.breaker->failed(error.what());
            }
            if (connected_.exchange(false)) {
                backoff.reset();
                say_lost();
            }
            pause(backoff.next());
        }
    }
}

void Listener::say_lost() const {
    log::warning(component, "nothing is heard; polling instead");
    try {
        if (observers_.lost) {
            observers_.lost();
        }
    } catch (const std::exception& error) {
        log::warning(component, error.what());
    }
}

void Listener::listen() {
    database::NotificationStream stream(conninfo_, channels_);
    connected_ = true;
    if (observers_.breaker != nullptr) {
        observers_.breaker->succeeded();
    }
    observers_.connected();
    auto called = Clock::now();
    while (!stopping_) {
        for (const auto& notification : stream.wait(slice)) {
            observers_.heard(notification);
        }
        const auto since = Clock::now() - called;
        if (!stream.answered() && since >= rhythm_.answer_within) {
            throw Exception(
                {ErrorCode::unavailable, "the listener's call to itself did not come back in time"}
            );
        }
        if (stream.answered() && since >= rhythm_.call_every) {
            stream.call();
            called = Clock::now();
        }
    }
}

void Listener::pause(std::chrono::milliseconds time) const {
    for (const auto until = Clock::now() + time; Clock::now() < until && !stopping_;) {
        std::this_thread::sleep_for(std::min(time, slice));
    }
}

}  // namespace tenon::messaging
