#include "worker/worker.hpp"

#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"
#include "plugin_host/generation.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "worker";

// For the results of handlers that ended just in time.
constexpr std::chrono::milliseconds flush_limit(2000);

// How often to look for new namespaces, with and without a listener.
constexpr std::chrono::seconds seldom(60);
constexpr std::chrono::seconds often(1);

}  // namespace

Worker::Worker(
    Options options,
    database::ConnectionPool& pool,
    const plugin_host::PluginRegistry& plugins,
    Observers observers
)
    : options_(std::move(options)),
      observers_(std::move(observers)),
      steps_(pool),
      templates_(pool),
      cache_(templates_, plugins),
      permits_(options_.limits, [this](TemplateId id) { return describe(id); }),
      pump_(
          {.gateway = {.conninfo = options_.conninfo, .profile = options_.profile},
           .host_id = options_.host_id,
           .slots = options_.slots,
           .lanes = options_.lanes,
           .permits = &permits_},
          pump_observers()
      ),
      completion_(pump_),
      execution_(cache_, steps_, running_, options_.host_id, observers_.handler_started),
      handlers_(
          {.core_threads = std::max(2U, std::thread::hardware_concurrency()),
           .max_threads = static_cast<std::size_t>(options_.slots)},
          [this](ClaimedStep step) { run(std::move(step)); }
      ),
      cancellation_(options_.cancellation, running_, handlers_, pump_.inbox(), steps_),
      progress_(options_.host_id, running_, steps_),
      executor_(cache_, handlers_, pump_) {}

void Worker::start() {
    pump_.inbox().set_poll_intervals(options_.poll);
    refresh_queues();
    pump_.start();
    const auto& listening = observers_.listening;
    cancellation_.start(listening ? listening : [] { return false; });
    progress_.start();
}

void Worker::run(ClaimedStep step) {
    const auto id = step_id(step.task, step.step_no);
    const StepAttempt attempt{.task = step.task, .step_no = step.step_no, .attempt = step.attempt};
    auto settled = execution_.execute(std::move(step));
    // Before its result leaves: the call that carries it may then ask for the next.
    if (permits_.release(attempt)) {
        pump_.inbox().hint_all();
    }
    if (settled) {
        const auto* back = std::get_if<GivenBack>(&settled->outcome);
        interrupted_ += back != nullptr && back->begun ? 1 : 0;
        completion_.handle({*std::move(settled)});
        return;
    }
    pump_.inbox().release_slot();
    log::warning(
        component,
        "the handler of step " + id.to_string() +
            " ended after it had been given up; what it made is ignored"
    );
}

void Worker::wake(std::string_view namespace_name) {
    if (pump_.inbox().hint(messaging::namespace_queue(namespace_name))) {
        return;
    }
    const auto& wanted = options_.namespaces;
    if (wanted.empty() || std::ranges::find(wanted, namespace_name) != wanted.end()) {
        refresh_queues();
    }
}

Worker::Stopped Worker::stop(StopLimits limits, const std::stop_token& impatience) {
    using Clock = std::chrono::steady_clock;
    const auto settled_before = pump_.statistics().settled;
    const auto deadline = Clock::now() + limits.soft;
    Stopped stopped;
    pump_.inbox().drain();
    const auto give_unstarted_back = [&] {
        const auto unstarted = handlers_.take_unstarted();
        pump_.inbox().give_back(unstarted);
        stopped.given_back += unstarted.size();
    };
    give_unstarted_back();
    stopped.all_ended = handlers_.wait_idle(deadline, impatience);
    if (!stopped.all_ended) {
        stopped.cancelled = running_.cancel_all(CancelReason::shutdown);
        stopped.all_ended = handlers_.wait_idle(Clock::now() + limits.hard);
    }
    // What a lane brought while the queue was being emptied goes back as well.
    give_unstarted_back();
    const auto last_call = Clock::now() + flush_limit;
    const bool patient = stopped.all_ended && !impatience.stop_requested();
    pump_.inbox().wait_settled(patient ? std::max(deadline, last_call) : last_call);
    pump_.stop();
    cancellation_.stop();
    progress_.stop();
    stopped.unsettled = pump_.inbox().in_hand();
    stopped.interrupted = interrupted_;
    const auto returned = stopped.given_back + stopped.interrupted;
    const auto settled = pump_.statistics().settled - settled_before;
    stopped.finished = settled - std::min<std::uint64_t>(settled, returned);
    return stopped;
}

std::vector<Permits::Handler> Worker::describe(TemplateId id) {
    const auto known = cache_.get(id);
    std::vector<Permits::Handler> handlers;
    if (!known->runnable()) {
        return handlers;
    }
    for (const auto& handler : known->handlers) {
        handlers.push_back(
            {.callable = handler->callable(),
             .plugin = handler->generation().info().id,
             .declared = handler->max_concurrency()}
        );
    }
    return handlers;
}

void Worker::look_for_cancelled() {
    try {
        cancellation_.look();
    } catch (const std::exception& error) {
        log::warning(component, error.what());
    }
}

void Worker::abandon() {
    pump_.inbox().drain();
    pump_.inbox().forget(handlers_.take_unstarted());
    running_.cancel_all(CancelReason::shutdown);
}

bool Worker::at_rest() {
    const auto now = std::chrono::steady_clock::now();
    return handlers_.wait_idle(now) && pump_.inbox().wait_settled(now);
}

// A new namespace is announced like work. Where nobody listens, or the ring was lost, it is found
// by looking. Called by one lane of the pump only.
void Worker::look_for_namespaces() {
    const bool listening = observers_.listening && observers_.listening();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_look_ >= (listening ? seldom : often)) {
        last_look_ = now;
        refresh_queues();
    }
}

// Only queues that exist may be asked: a namespace gets its queue with its first template.
void Worker::refresh_queues() {
    try {
        auto namespaces = templates_.namespaces();
        if (const auto& wanted = options_.namespaces; !wanted.empty()) {
            std::erase_if(namespaces, [&](const auto& name) {
                return std::ranges::find(wanted, name) == wanted.end();
            });
        }
        std::vector<std::string> queues;
        queues.reserve(namespaces.size());
        for (const auto& name : namespaces) {
            queues.push_back(messaging::namespace_queue(name));
        }
        pump_.inbox().set_queues(queues);
    } catch (const std::exception& error) {
        log::warning(component, error.what());
    }
}

StepPump::Observers Worker::pump_observers() {
    const auto or_nothing = [](auto observer) {
        return [observer = std::move(observer)](const auto&... arguments) {
            if (observer) {
                observer(arguments...);
            }
        };
    };
    return {
        .claimed = [this](std::vector<ClaimedStep> steps) { executor_.handle({std::move(steps)}); },
        .finished = or_nothing(observers_.finished),
        .fed =
            [this](const std::vector<std::string>& namespaces) {
                for (const auto& name : namespaces) {
                    wake(name);
                }
                if (observers_.fed) {
                    observers_.fed(namespaces);
                }
            },
        .retry_scheduled = or_nothing(observers_.retry_scheduled),
        .queued = or_nothing(observers_.queued),
        .lost = or_nothing(observers_.lost),
        .looked = [this] { look_for_namespaces(); },
    };
}

}  // namespace tenon::worker
