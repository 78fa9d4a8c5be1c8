#include "app/fleet/presence.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "presence";
constexpr std::chrono::milliseconds beat_interval(2000);
constexpr std::chrono::milliseconds rescue_interval(500);

// Longer than a living host needs to connect again after the same outage.
constexpr std::chrono::milliseconds patience = 2 * database::ReconnectBackoff::longest_pause;

}  // namespace

Presence::Presence(Options options)
    : options_(std::move(options)),
      hosts_(connect()),
      host_id_(hosts_->register_host(options_.registration)) {}

Presence::~Presence() {
    stop();
}

void Presence::start(Observers observers) {
    observers_ = std::move(observers);
    thread_ = std::thread([this] { run(); });
}

void Presence::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        if (hosts_ && thread_.joinable()) {
            hosts_->interrupt();
        }
    }
    stopped_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Presence::run() {
    bool alive = true;
    while (alive) {
        try {
            alive = turn();
        } catch (const std::exception& error) {
            if (pause(std::chrono::milliseconds(0))) {
                log::warning(component, error.what());
                alive = reconnect();
            } else {
                alive = false;
            }
        }
    }
    try {
        if (hosts_) {
            const auto namespaces = hosts_->retire(host_id_, observers_.snapshot().held);
            observers_.rescued(namespaces);
        }
    } catch (const std::exception& error) {
        log::warning(component, error.what());
    }
}

/// One beat and what follows it; false when the thread should end.
bool Presence::turn() {
    if (Clock::now() >= next_beat_) {
        next_beat_ = Clock::now() + beat_interval;
        fault_point("presence.beating");
        const auto peers = hosts_->beat(host_id_, observers_.snapshot());
        fault_point("presence.beaten");
        if (!peers) {
            log::error(component, "this host was declared lost: its lease ran out");
            observers_.lost();
            return false;
        }
        observers_.peers(*peers);
        backoff_.reset();
    }
    if (Clock::now() < judging_from_) {
        return pause(rescue_interval);
    }
    if (on_duty_) {
        look_after_others();
        return pause(rescue_interval);
    }
    const auto until_beat =
        std::chrono::duration_cast<std::chrono::milliseconds>(next_beat_ - Clock::now());
    on_duty_ = hosts_->await_rescue_duty(std::max(until_beat, std::chrono::milliseconds(1)));
    return pause(std::chrono::milliseconds(0));
}

void Presence::look_after_others() {
    fault_point("presence.rescuing");
    const auto found = hosts_->rescue(host_id_);
    fault_point("presence.rescued");
    for (const auto& host : found.lost) {
        log::warning(component, "host " + host + " was lost; its steps are back on their queues");
    }
    for (const auto& host : found.frozen) {
        log::warning(component, "host " + host + " missed its lease; its connections were ended");
    }
    if (!found.lost.empty()) {
        observers_.others_lost();
    }
    if (!found.namespaces.empty()) {
        observers_.rescued(found.namespaces);
    }
}

bool Presence::reconnect() {
    on_duty_ = false;
    next_beat_ = {};
    while (pause(backoff_.next())) {
        try {
            auto fresh = connect();
            if (!fresh->join(host_id_)) {
                log::error(
                    component, "this host was declared lost while its connection was broken"
                );
                observers_.lost();
                return false;
            }
            const std::scoped_lock lock(mutex_);
            hosts_ = std::move(fresh);
            judging_from_ = Clock::now() + patience;
            return true;
        } catch (const std::exception& error) {
            log::warning(component, error.what());
        }
    }
    return false;
}

/// False when the thread should end.
bool Presence::pause(std::chrono::milliseconds delay) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, delay, [this] { return stopping_; });
}

std::unique_ptr<database::HostRepository> Presence::connect() const {
    return std::make_unique<database::HostRepository>(
        database::Connection({.conninfo = options_.conninfo, .application_name = "tenon presence"})
    );
}

}  // namespace tenon::app
