#include "app/fleet/membership.hpp"

#include "app/fleet/process_usage.hpp"
#include "app/shutdown/stop_summary.hpp"
#include "app/version.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/channels.hpp"
#include "messaging/queue_names.hpp"

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
    : options_(needs.options),
      bell_(needs.bell),
      former_(needs.former),
      plugins_(needs.plugins),
      lost_(std::make_shared<std::atomic<bool>>(false)),
      presence_(presence_options(needs)) {
    observers.lost = [flag = lost_, tell = std::move(observers.lost)] {
        *flag = true;
        tell();
    };
    if (needs.options.worker) {
        start_worker(needs, observers);
    }
    presence_.start(
        {.snapshot = [this] { return snapshot(); },
         .peers = [this](std::int64_t count) { bell_.set_muted(count == 0); },
         .rescued = [this](const auto& namespaces) { announce(namespaces); },
         .others_lost =
             [this, tell = std::move(observers.others_lost)] {
                 announce_everything();
                 tell();
             },
         .lost = std::move(observers.lost)}
    );
    const auto number = static_cast<std::int32_t>(presence_.host_id());
    log::info("presence", "registered as host " + std::to_string(number));
}

Membership::~Membership() {
    if (!surrendered_) {
        std::stop_source at_once;
        at_once.request_stop();
        drain(at_once.get_token());
        leave();
    }
}

void Membership::wake(const std::string& namespace_name) {
    if (worker_) {
        worker_->wake(namespace_name);
    }
}

std::optional<TaskReceipt> Membership::submit_and_start(const TaskRequest& request) {
    return worker_ ? worker_->submit_and_start(request) : std::nullopt;
}

void Membership::announce(const std::vector<std::string>& namespaces) {
    for (const auto& name : namespaces) {
        wake(name);
        bell_.ring(messaging::channels::work, name);
    }
}

// A host that dies after a commit does not ring for what it left behind; namespaces are rung for
// when its steps are given back.
void Membership::announce_everything() {
    namespace names = messaging;
    for (const auto queue :
         {names::task_requests_queue, names::step_results_queue, names::finalizations_queue}) {
        bell_.ring(names::channels::orchestration, queue);
    }
    bell_.ring(names::channels::due, "");
}

void Membership::record_plugins() {
    std::vector<database::HostRepository::ActiveBuild> builds;
    for (const auto& plugin : plugins_.plugins()) {
        builds.push_back(
            {.generation = plugin.generation,
             .plugin = plugin.id,
             .version = plugin.version,
             .sha256 = plugin.sha256}
        );
    }
    presence_.record(std::move(builds));
}

std::shared_ptr<worker::WorkerCommandProcessor> Membership::worker_commands() const {
    return worker_ ? std::shared_ptr<worker::WorkerCommandProcessor>(worker_, &worker_->commands())
                   : nullptr;
}

worker::Worker::Statistics Membership::statistics() const {
    auto statistics = worker_ ? worker_->statistics() : final_statistics_;
    statistics.pump.refused += former_.refused();
    return statistics;
}

// Presence first: its beats look at the worker.
std::shared_ptr<worker::Worker> Membership::surrender() {
    surrendered_ = true;
    presence_.stop();
    if (worker_) {
        worker_->abandon();
    }
    return worker_;
}

Membership::Drained Membership::drain(const std::stop_token& impatience) {
    if (!worker_ || drained_already_) {
        return drained_;
    }
    drained_already_ = true;
    auto stopped =
        worker_->stop({.soft = options_.stop_limit, .hard = options_.kill_limit}, impatience);
    drained_ = {.all_ended = stopped.all_ended, .unsettled = stopped.unsettled.size()};
    log::write(
        drained_.unsettled == 0 ? log::Level::info : log::Level::warning,
        "worker",
        stop_summary(stopped)
    );
    if (!drained_.all_ended) {
        log::warning("worker", "handlers did not end in time; their steps go to other hosts");
    } else if (drained_.unsettled > 0) {
        log::warning("worker", "the database did not take all results; other hosts do them again");
    }
    return drained_;
}

void Membership::leave() {
    if (worker_) {
        final_statistics_ = worker_->statistics();
        unsettled_ = worker_->in_hand();
        if (!drained_.all_ended) {
            // Their threads use it until the process ends.
            static_cast<void>(new std::shared_ptr<worker::Worker>(worker_));
        }
        worker_.reset();
    }
    presence_.stop();
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
    return {
        .conninfo = needs.conninfo,
        .registration = std::move(registration),
        .breaker = &needs.breakers.presence
    };
}

void Membership::start_worker(const Needs& needs, const Observers& observers) {
    worker_ = std::make_shared<worker::Worker>(
        worker::Worker::Options{
            .conninfo = needs.conninfo,
            .host_id = presence_.host_id(),
            .namespaces = needs.options.namespaces,
            .slots = needs.options.slots,
            .lanes = needs.options.lanes,
            .profile = needs.options.profile,
            .poll = worker::poll_intervals(needs.mode, needs.options.poll_interval),
            .cancellation = {.reload = needs.options.reload.drain_limit},
            .limits =
                {.plugins = needs.options.plugin_limits, .handlers = needs.options.handler_limits},
            .breaker = &needs.breakers.step_path
        },
        worker::Worker::Needs{needs.pool, needs.plugins, needs.blocking},
        worker::Worker::Observers{
            .finished = observers.finished,
            .fed =
                [&bell = bell_](const auto& namespaces) {
                    for (const auto& name : namespaces) {
                        bell.ring(messaging::channels::work, name);
                    }
                },
            .retry_scheduled = observers.retry_scheduled,
            .queued = [tell = observers.results_queued](std::int32_t) { tell(); },
            .lost = observers.lost,
            .handler_started = observers.handler_started,
            .settled = observers.settled,
            .listening = observers.listening,
            .published = observers.published
        },
        observers.controls
    );
    worker_->start();
}

database::HostRepository::Beat Membership::snapshot() const {
    database::HostRepository::Beat beat;
    beat.held = unsettled_;
    if (worker_) {
        // The age first: a claim that arrives in between is then in the list.
        beat.unsure_ms = worker_->unsure_ms();
        beat.held = worker_->in_hand();
    }
    beat.stats_json = usage_json(statistics());
    return beat;
}

}  // namespace tenon::app
