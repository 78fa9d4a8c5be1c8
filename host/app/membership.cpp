#include "app/membership.hpp"

#include "app/process_usage.hpp"
#include "app/version.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"

#include <array>
#include <unistd.h>
#include <utility>

namespace tenon::app {
namespace {

std::string machine_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unnamed";
}

}  // namespace

Membership::Membership(const Needs& needs, Observers observers)
    : bell_(needs.bell), presence_(presence_options(needs)) {
    if (needs.options.worker) {
        start_worker(needs, observers);
    }
    presence_.start(
        {.snapshot = [this] { return snapshot(); },
         .peers = [this](std::int64_t count) { bell_.set_muted(count == 0); },
         .rescued = [this](const auto& namespaces) { announce(namespaces); },
         .lost = std::move(observers.lost)}
    );
    const auto number = static_cast<std::int32_t>(presence_.host_id());
    log::info("presence", "registered as host " + std::to_string(number));
}

Membership::~Membership() {
    stop(std::chrono::milliseconds(0));
}

void Membership::wake(const std::string& namespace_name) {
    if (worker_) {
        worker_->wake(namespace_name);
    }
}

void Membership::announce(const std::vector<std::string>& namespaces) {
    for (const auto& name : namespaces) {
        wake(name);
        bell_.ring(messaging::channels::work, name);
    }
}

worker::StepPump::Statistics Membership::statistics() const {
    return worker_ ? worker_->statistics() : final_statistics_;
}

bool Membership::stop(std::chrono::milliseconds limit) {
    if (worker_) {
        auto stopped = worker_->stop(limit);
        final_statistics_ = worker_->statistics();
        still_running_ = std::move(stopped.still_running);
        const auto given_back = std::to_string(stopped.given_back);
        log::info("worker", "stopped; " + given_back + " unstarted steps given back");
        if (still_running_.empty()) {
            worker_.reset();
        } else {
            const auto count = std::to_string(still_running_.size());
            log::warning(
                "worker", count + " handlers did not end in time; their steps go to other hosts"
            );
            // Their threads use it until the process ends.
            static_cast<void>(worker_.release());
        }
    }
    presence_.stop();
    return still_running_.empty();
}

Presence::Options Membership::presence_options(const Needs& needs) {
    const auto& options = needs.options;
    database::HostRepository::Registration registration{
        .name = options.name.empty() ? machine_name() : options.name,
        .roles = {},
        .version = std::string(version)
    };
    if (options.orchestration) {
        registration.roles.emplace_back("orchestration");
    }
    if (options.worker) {
        registration.roles.emplace_back("worker");
    }
    return {.conninfo = needs.conninfo, .registration = std::move(registration)};
}

void Membership::start_worker(const Needs& needs, const Observers& observers) {
    worker_ = std::make_unique<worker::Worker>(
        worker::Worker::Options{
            .conninfo = needs.conninfo,
            .host_id = presence_.host_id(),
            .namespaces = needs.options.namespaces,
            .slots = needs.options.slots,
            .lanes = needs.options.lanes,
            .poll_interval = needs.options.poll_interval
        },
        needs.pool,
        needs.plugins,
        worker::Worker::Observers{
            .finished = observers.finished,
            .fed =
                [this](const auto& namespaces) {
                    for (const auto& name : namespaces) {
                        bell_.ring(messaging::channels::work, name);
                    }
                },
            .retry_scheduled = observers.retry_scheduled,
            .lost = observers.lost,
            .handler_started = observers.handler_started
        }
    );
    worker_->start();
}

database::HostRepository::Beat Membership::snapshot() const {
    database::HostRepository::Beat beat;
    beat.held = still_running_;
    if (worker_) {
        // The age first: a claim that arrives in between is then in the list.
        beat.unsure_ms = worker_->unsure_ms();
        beat.held = worker_->in_hand();
    }
    beat.stats_json = usage_json(statistics());
    return beat;
}

}  // namespace tenon::app
