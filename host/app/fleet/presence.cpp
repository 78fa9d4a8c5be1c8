#include "app/fleet/presence.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "presence";
constexpr std::chrono::milliseconds beat_interval(2500);
constexpr std::chrono::milliseconds just_after(2);

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
    rescuer_ = std::make_unique<Rescuer>(
        options_.conninfo,
        host_id_,
        Rescuer::Observers{.rescued = observers_.rescued, .others_lost = observers_.others_lost}
    );
    thread_ = std::thread([this] { run(); });
}

void Presence::stop() {
    if (rescuer_) {
        rescuer_->stop();
    }
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
            alive = beat();
        } catch (const std::exception& error) {
            if (pause(std::chrono::milliseconds(0))) {
                went_wrong(error);
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

/// One beat, and the pause until the next; false when the thread should end.
bool Presence::beat() {
    if (Clock::now() >= next_beat_) {
        next_beat_ = Clock::now() + beat_interval;
        fault_point("presence.beating");
        const auto others = hosts_->beat(host_id_, observers_.snapshot());
        fault_point("presence.beaten");
        if (!others) {
            log::error(component, "this host was declared lost: its lease ran out");
            observers_.lost();
            return false;
        }
        observers_.peers(others->count);
        look_at(*others);
        backoff_.reset();
        if (options_.breaker != nullptr) {
            options_.breaker->succeeded();
        }
    }
    return pause(std::chrono::duration_cast<std::chrono::milliseconds>(next_beat_ - Clock::now()));
}

// A lease that runs out before the next beat is looked at as soon as it does.
void Presence::look_at(const database::HostRepository::Others& others) {
    if (!others.first_overdue) {
        return;
    }
    if (*others.first_overdue < std::chrono::milliseconds(0)) {
        hosts_->challenge_rescuer();
    } else {
        next_beat_ = std::min(next_beat_, Clock::now() + *others.first_overdue + just_after);
    }
}

bool Presence::reconnect() {
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
            return true;
        } catch (const std::exception& error) {
            went_wrong(error);
        }
    }
    return false;
}

void Presence::went_wrong(const std::exception& error) const {
    log::warning(component, error.what());
    if (options_.breaker != nullptr) {
        options_.breaker->failed(error.what());
    }
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
