#include "app/fleet/presence.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
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
            write_down_builds();
            const auto namespaces = hosts_->retire(host_id_, observers_.snapshot().held);
            observers_.rescued(namespaces);
        }
    } catch (const std::exception& error) {
        log::warning(component, error.what());
    }
}

void Presence::record(std::vector<database::HostRepository::ActiveBuild> builds) {
    {
        const std::scoped_lock lock(mutex_);
        builds_.insert(
            builds_.end(),
            std::make_move_iterator(builds.begin()),
            std::make_move_iterator(builds.end())
        );
    }
    stopped_.notify_all();
}

/// One beat, and the pause until the next; false when the thread should end.
bool Presence::beat() {
    write_down_builds();
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
    return pause_until_beat();
}

void Presence::write_down_builds() {
    std::unique_lock lock(mutex_);
    if (builds_.empty()) {
        return;
    }
    const auto builds = builds_;
    lock.unlock();
    hosts_->record_plugins(host_id_, builds);
    lock.lock();
    builds_.erase(builds_.begin(), builds_.begin() + static_cast<std::ptrdiff_t>(builds.size()));
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

/// The same until the next beat, or until there is a build to write down.
bool Presence::pause_until_beat() {
    std::unique_lock lock(mutex_);
    stopped_.wait_until(lock, next_beat_, [this] { return stopping_ || !builds_.empty(); });
    return !stopping_;
}

std::unique_ptr<database::HostRepository> Presence::connect() const {
    return std::make_unique<database::HostRepository>(
        database::Connection({.conninfo = options_.conninfo, .application_name = "tenon presence"})
    );
}

}  // namespace tenon::app
