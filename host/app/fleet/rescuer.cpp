#include "app/fleet/rescuer.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

#include <exception>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "rescuer";
constexpr std::chrono::milliseconds rescue_interval(500);

// Longer than a living host needs to connect again after the same outage.
constexpr std::chrono::milliseconds patience = 2 * database::ReconnectBackoff::longest_pause;

}  // namespace

Rescuer::Rescuer(std::string conninfo, HostId host, Observers observers)
    : conninfo_(std::move(conninfo)),
      host_(host),
      observers_(std::move(observers)),
      thread_([this] { run(); }) {}

Rescuer::~Rescuer() {
    stop();
}

void Rescuer::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        if (duty_) {
            duty_->interrupt();
        }
    }
    stopped_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
        duty_.reset();
    }
}

void Rescuer::run() {
    bool go_on = true;
    while (go_on) {
        try {
            go_on = serve();
        } catch (const std::exception& error) {
            if (!pause(std::chrono::milliseconds(0))) {
                break;
            }
            log::warning(component, error.what());
            judging_from_ = Clock::now() + patience;
            go_on = pause(backoff_.next());
        }
    }
}

/// From one pair of connections to its end. False when the thread should end.
bool Rescuer::serve() {
    if (!connect()) {
        return false;
    }
    if (!await_duty()) {
        return pause(std::chrono::milliseconds(0));
    }
    const auto hosts = join();
    if (!hosts) {
        return false;
    }
    do {
        if (!duty_->held()) {
            log::warning(component, "the connection that has the duty of rescue was lost");
            judging_from_ = Clock::now() + patience;
            return true;
        }
        if (Clock::now() >= judging_from_) {
            look_after_others(*hosts);
        }
    } while (pause(rescue_interval));
    return false;
}

/// False when this host was declared lost, which its presence learns by itself.
bool Rescuer::connect() {
    auto duty = std::make_unique<database::RescueDuty>(database::Connection(
        {.conninfo = conninfo_,
         .application_name = "tenon duty",
         .statement_timeout = std::chrono::milliseconds(0),
         .idle_in_transaction_timeout = std::chrono::milliseconds(0)}
    ));
    const bool known = duty->join(host_);
    const std::scoped_lock lock(mutex_);
    duty_ = std::move(duty);
    backoff_.reset();
    return known;
}

bool Rescuer::await_duty() {
    while (pause(std::chrono::milliseconds(0))) {
        if (duty_->await()) {
            return true;
        }
    }
    return false;
}

void Rescuer::look_after_others(database::HostRepository& hosts) {
    fault_point("presence.rescuing");
    const auto found = hosts.rescue(host_);
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

/// False when the thread should end.
bool Rescuer::pause(std::chrono::milliseconds delay) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, delay, [this] { return stopping_; });
}

/// Nothing when this host was declared lost.
std::unique_ptr<database::HostRepository> Rescuer::join() const {
    auto hosts = std::make_unique<database::HostRepository>(
        database::Connection({.conninfo = conninfo_, .application_name = "tenon rescuer"})
    );
    return hosts->join(host_) ? std::move(hosts) : nullptr;
}

}  // namespace tenon::app
