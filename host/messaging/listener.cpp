#include "messaging/listener.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tenon::messaging {
namespace {

// How soon the thread notices that it should stop.
constexpr std::chrono::milliseconds slice(100);
constexpr std::chrono::milliseconds first_pause(100);
constexpr std::chrono::milliseconds longest_pause(2000);

}  // namespace

Listener::Listener(
    std::string conninfo,
    std::vector<std::string_view> channels,
    Observers observers
)
    : conninfo_(std::move(conninfo)),
      channels_(std::move(channels)),
      observers_(std::move(observers)),
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
    auto pause = first_pause;
    while (!stopping_) {
        try {
            listen();
        } catch (const std::exception& error) {
            const bool was_connected = connected_.exchange(false);
            pause = was_connected ? first_pause : std::min(pause * 2, longest_pause);
            if (was_connected && observers_.lost) {
                observers_.lost();
            }
            log::warning("listener", error.what());
            for (auto waited = std::chrono::milliseconds(0); waited < pause && !stopping_;
                 waited += slice) {
                std::this_thread::sleep_for(slice);
            }
        }
    }
}

void Listener::listen() {
    database::NotificationStream stream(conninfo_, channels_);
    connected_ = true;
    observers_.connected();
    while (!stopping_) {
        for (const auto& notification : stream.wait(slice)) {
            observers_.heard(notification);
        }
    }
}

}  // namespace tenon::messaging
