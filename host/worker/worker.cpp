#include "worker/worker.hpp"

#include "messaging/queue_names.hpp"
#include "plugin_host/generation.hpp"
#include "worker/actors/ffi_completion_actor.hpp"
#include "worker/actors/step_executor_actor.hpp"
#include "worker/actors/template_cache_actor.hpp"
#include "worker/actors/worker_status_actor.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace tenon::worker {
namespace {

// For the results of handlers that ended just in time.
constexpr std::chrono::milliseconds flush_limit(2000);

// For a lane to take a task that is submitted here; then it goes through its queue.
constexpr std::chrono::milliseconds start_patience(20);

// So many steps may be claimed for every slot beyond the one that is in it, while handlers are
// quick: at the default of 128 slots a call carries a few hundred steps when there is enough to do.
constexpr std::int32_t ahead_a_slot = 8;
constexpr std::int32_t most_ahead = 1024;

}  // namespace

Worker::Worker(Options options, const Needs& needs, Observers observers, HostControls host)
    : options_(std::move(options)),
      observers_(std::move(observers)),
      steps_(needs.pool),
      templates_(needs.pool),
      messages_(needs.pool),
      cache_(templates_, needs.plugins),
      permits_(options_.limits, [this](TemplateId id) { return describe(id); }),
      pump_(
          {.gateway = {.conninfo = options_.conninfo, .profile = options_.profile},
           .host_id = options_.host_id,
           .slots = options_.slots,
           .most_ahead = std::min(ahead_a_slot * options_.slots, most_ahead),
           .lanes = options_.lanes,
           .permits = &permits_,
           .breaker = options_.breaker},
          pump_observers()
      ),
      invoker_(cache_, steps_, running_, options_.host_id, observers_.handler_started),
      handlers_(
          {.core_threads = std::max(2U, std::thread::hardware_concurrency()),
           .max_threads = static_cast<std::size_t>(options_.slots)},
          [this](ClaimedStep step) { run(std::move(step)); },
          [this](std::vector<ClaimedStep> steps) { pump_.inbox().give_back(steps); }
      ),
      cancellation_(
          options_.cancellation,
          {running_,
           handlers_,
           pump_.inbox(),
           steps_,
           [this](SettledStep step) { return commands_.ask_now(SendStepResult{std::move(step)}); }}
      ),
      progress_(options_.host_id, running_, steps_),
      queues_(options_.namespaces, observers_.listening, pump_.inbox(), templates_),
      gate_(cache_, pump_),
      claimer_(pump_.inbox()),
      sender_(pump_.inbox()),
      refresh_({cache_, permits_, gate_, queues_, templates_, needs.plugins, needs.blocking}),
      execution_({gate_, handlers_, pump_.inbox(), claimer_, queues_, messages_, needs.blocking}),
      domain_events_(observers_.published),
      status_(status_needs(needs, std::move(host))) {
    build_actors();
}

// What calls in ends before what it calls.
Worker::~Worker() {
    pump_.stop();
    cancellation_.stop();
    handlers_.stop();
}

void Worker::build_actors() {
    commands_.connect(actors_.build<StepExecutorActor>(
        StepExecutorActor::Needs{execution_, cancellation_, queues_, pump_.inbox()}
    ));
    commands_.connect(actors_.build<FfiCompletionActor>(sender_));
    commands_.connect(actors_.build<TemplateCacheActor>(refresh_));
    commands_.connect(actors_.build<DomainEventActor>(domain_events_));
    commands_.connect(actors_.build<WorkerStatusActor>(status_));
    // No result may be refused: there are never more under way than handlers.
    const auto slots = static_cast<std::size_t>(std::max(options_.slots, 1));
    commands_.limit<ProcessStepCompletion>(2 * slots);
    commands_.limit<SendStepResult>(2 * slots);
    // Nor any event: there is never more than one call of each lane.
    commands_.limit<DispatchEvents>(static_cast<std::size_t>(std::max(options_.lanes, 1)));
}

WorkerStatusService::Needs Worker::status_needs(const Needs& needs, HostControls host) {
    return {
        .host_id = options_.host_id,
        .profile = options_.profile,
        .pump = pump_,
        .running = running_,
        .handlers = handlers_,
        .cache = cache_,
        .templates = refresh_,
        .queues = queues_,
        .messages = messages_,
        .threads = needs.blocking,
        .actors = [this] { return actors_.running(); },
        .commands = [this] { return commands_.statistics(); },
        .host = std::move(host)
    };
}

void Worker::start() {
    actors_.start();
    pump_.inbox().set_poll_intervals(options_.poll);
    queues_.refresh();
    pump_.start();
    const auto& listening = observers_.listening;
    cancellation_.start(listening ? listening : [] { return false; });
    progress_.start();
}

void Worker::run(ClaimedStep step) {
    const auto id = step_id(step.task, step.step_no);
    const StepAttempt attempt{.task = step.task, .step_no = step.step_no, .attempt = step.attempt};
    auto settled = invoker_.invoke(std::move(step));
    pump_.inbox().release_permit(attempt);
    if (settled) {
        const auto* back = std::get_if<GivenBack>(&settled->outcome);
        interrupted_ += back != nullptr && back->reason == GivenBack::Reason::shutdown ? 1 : 0;
    }
    commands_.ask_now(ProcessStepCompletion{id, std::move(settled)});
}

void Worker::wake(std::string_view namespace_name) {
    queues_.wake(namespace_name);
}

std::optional<TaskReceipt> Worker::submit_and_start(const TaskRequest& request) {
    const auto start =
        std::make_shared<EagerStart>(request, messaging::namespace_queue(request.namespace_name));
    auto receipt = start->receipt.get_future();
    auto& inbox = pump_.inbox();
    if (!inbox.offer(start)) {
        return std::nullopt;
    }
    // Every lane may have found something else to do at the same moment.
    if (receipt.wait_for(start_patience) == std::future_status::timeout && inbox.withdraw(start)) {
        return std::nullopt;
    }
    return receipt.get();
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
    if (stopped.all_ended) {
        // Not while a handler runs, whose end is a command too.
        commands_.stop();
        actors_.stop();
    }
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

void Worker::abandon() {
    pump_.inbox().drain();
    pump_.inbox().forget(handlers_.take_unstarted());
    running_.cancel_all(CancelReason::shutdown);
}

bool Worker::at_rest() {
    const auto now = std::chrono::steady_clock::now();
    return handlers_.wait_idle(now) && pump_.inbox().wait_settled(now);
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
        .claimed = [this](std::vector<ClaimedStep> steps
                   ) { commands_.ask_now(ExecuteSteps{std::move(steps)}); },
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
        .settled = observers_.settled,
        .looked =
            [this] {
                queues_.refresh_if_due();
                gate_.reopen_unsure();
            },
        .published =
            [this](std::vector<DomainEvent> events, std::vector<std::string> rejected) {
                commands_.ask_now(DispatchEvents{std::move(events), std::move(rejected)});
            },
    };
}

}  // namespace tenon::worker
