#include "worker/services/step_pump.hpp"

#include "foundation/error.hpp"
#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <utility>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "step pump";
constexpr std::chrono::hours without_limit(1);

/// Every step that takes a slot now.
std::vector<StepId> taken(const database::AdvanceReply& reply) {
    std::vector<StepId> steps;
    steps.reserve(reply.claimed.size() + reply.ended.size());
    for (const auto* list : {&reply.claimed, &reply.ended}) {
        for (const auto& claim : *list) {
            steps.push_back(step_id(claim.task, claim.step_no));
        }
    }
    return steps;
}

/// A lane learns from its new connection that the host was declared lost meanwhile.
bool says_lost(const std::exception& error) {
    const auto* known = dynamic_cast<const Exception*>(&error);
    return known != nullptr && known->code() == ErrorCode::conflict;
}

}  // namespace

StepPump::StepPump(Options options, Observers observers)
    : options_(std::move(options)),
      observers_(std::move(observers)),
      inbox_(options_.slots, options_.max_batch, options_.permits, options_.most_ahead),
      identity_{.host_id = options_.host_id} {}

StepPump::~StepPump() {
    stop();
}

void StepPump::start() {
    lanes_.resize(static_cast<std::size_t>(std::max(options_.lanes, 1)));
    for (auto& lane : lanes_) {
        lane.gateway = connect(options_.host_id);
    }
    // One lane watches the clock for all.
    std::optional<std::chrono::milliseconds> limit;
    for (auto& lane : lanes_) {
        lane.thread = std::thread([this, &lane, limit] { run(lane, limit); });
        limit = without_limit;
    }
}

bool StepPump::refuse(TemplateId template_id) {
    const std::scoped_lock lock(settings_mutex_);
    if (std::ranges::find(refused_, template_id) != refused_.end()) {
        return false;
    }
    refused_.push_back(template_id);
    return true;
}

std::vector<TemplateId> StepPump::refused() const {
    const std::scoped_lock lock(settings_mutex_);
    return refused_;
}

bool StepPump::accept(TemplateId template_id) {
    const std::scoped_lock lock(settings_mutex_);
    return std::erase(refused_, template_id) > 0;
}

StepPump::Statistics StepPump::statistics() const {
    return {
        .calls = calls_,
        .claimed = claimed_,
        .settled = settled_,
        .refused = refused_results_,
        .reconnects = reconnects_,
        .given_back = given_back_,
        .started = started_,
        .surplus = surplus_,
    };
}

void StepPump::stop() {
    {
        const std::scoped_lock lock(settings_mutex_);
        stopping_ = true;
    }
    settings_changed_.notify_all();
    inbox_.stop();
    for (auto& lane : lanes_) {
        if (lane.thread.joinable()) {
            lane.thread.join();
        }
    }
}

std::unique_ptr<database::StepGateway> StepPump::connect(HostId host_id) const {
    return std::make_unique<database::StepGateway>(options_.gateway, host_id);
}

StepPump::Identity StepPump::identity() {
    const std::scoped_lock lock(settings_mutex_);
    return identity_;
}

void StepPump::carry_on_as(HostId successor) {
    {
        const std::scoped_lock lock(settings_mutex_);
        identity_ = {.host_id = successor, .inherited = true};
    }
    settings_changed_.notify_all();
}

void StepPump::run(Lane& lane, std::optional<std::chrono::milliseconds> limit) {
    while (auto load = inbox_.collect(limit)) {
        if (!limit) {
            observers_.looked();
        }
        if (load->empty()) {
            continue;
        }
        if (!carry_any(lane, *load)) {
            inbox_.failed(std::move(*load));
            if (!reconnect(lane)) {
                return;
            }
        }
    }
}

bool StepPump::carry_any(Lane& lane, StepInbox::Load& load) {
    if (load.start) {
        return carry_start(lane, load);
    }
    return load.claim ? carry_claim(lane, load) : carry(lane, load);
}

bool StepPump::carry(Lane& lane, StepInbox::Load& load) {
    const auto refused = this->refused();
    database::AdvanceReply reply;
    // Until the claims are in the inbox: a recovery in between would take them for lost ones.
    std::shared_lock flight(recovery_);
    try {
        fault_point("step_pump.sending");
        reply = lane.gateway->advance(
            {.settled = load.settled,
             .queues = load.queues,
             .refused = refused,
             .want = load.want,
             .limits_json = load.permits.json}
        );
        fault_point("step_pump.answered");
        ++calls_;
    } catch (const std::exception& error) {
        flight.unlock();
        went_wrong(error);
        return blames_the_data(lane, error) && !load.settled.empty() && carry_singly(lane, load);
    }
    went_well(lane);
    deliver(load, std::move(reply));
    fault_point("step_pump.delivered");
    return true;
}

/// Claims by name. What fails is told to whoever asked, never tried again.
bool StepPump::carry_claim(Lane& lane, const StepInbox::Load& load) {
    auto& claim = *load.claim;
    std::shared_lock flight(recovery_);
    try {
        auto reply =
            lane.gateway->claim({.steps = claim.steps, .queue = claim.queue, .want = load.want});
        ++calls_;
        went_well(lane);
        NamedClaim::Answer answer{.claimed = {}, .unclaimed = std::move(reply.unclaimed)};
        for (const auto& step : reply.claimed) {
            answer.claimed.push_back({step_id(step.task, step.step_no), step.template_id});
        }
        deliver(load, std::move(reply));
        claim.answer.set_value(std::move(answer));
        return true;
    } catch (const std::exception& error) {
        flight.unlock();
        went_wrong(error);
        claim.answer.set_exception(std::current_exception());
        return false;
    }
}

/// Makes a task and begins it. What fails is told to whoever asked, never tried again.
bool StepPump::carry_start(Lane& lane, StepInbox::Load& load) {
    auto& start = *load.start;
    if (!lane.gateway->alive()) {
        start.receipt.set_value(std::nullopt);
        return false;
    }
    std::shared_lock flight(recovery_);
    try {
        auto reply =
            lane.gateway->submit({.task = start.request, .refused = refused(), .want = load.want});
        fault_point("step_pump.started");
        ++started_;
        went_well(lane);
        const auto receipt = reply.submitted;
        deliver(load, std::move(reply));
        start.receipt.set_value(receipt);
        return true;
    } catch (const std::exception& error) {
        flight.unlock();
        start.receipt.set_exception(std::current_exception());
        if (!blames_the_data(lane, error)) {
            went_wrong(error);
            return false;
        }
        inbox_.failed(std::move(load));
        return true;
    }
}

// Some result in the batch cannot be stored. Each goes on its own, so that only the guilty one
// becomes a failure.
bool StepPump::carry_singly(Lane& lane, StepInbox::Load& load) {
    database::AdvanceReply total;
    for (auto& step : load.settled) {
        if (!carry_one(lane, step, total)) {
            return false;
        }
    }
    deliver(load, std::move(total));
    inbox_.hint_all();
    return true;
}

bool StepPump::carry_one(Lane& lane, SettledStep& step, database::AdvanceReply& total) {
    const std::span<const SettledStep> one(&step, 1);
    const auto original = step;
    for (int attempt = 0; attempt < 2; ++attempt) {
        try {
            const std::shared_lock flight(recovery_);
            auto reply =
                lane.gateway->advance({.settled = one, .queues = {}, .refused = {}, .want = 0});
            ++calls_;
            std::ranges::move(reply.finished, std::back_inserter(total.finished));
            std::ranges::move(reply.fed_namespaces, std::back_inserter(total.fed_namespaces));
            std::ranges::move(reply.refused_results, std::back_inserter(total.refused_results));
            std::ranges::move(reply.events, std::back_inserter(total.events));
            std::ranges::move(reply.rejected_events, std::back_inserter(total.rejected_events));
            total.queued_results += reply.queued_results;
            if (const auto retry = reply.retry_in) {
                total.retry_in = std::min(total.retry_in.value_or(*retry), *retry);
            }
            return true;
        } catch (const std::exception& error) {
            if (!blames_the_data(lane, error)) {
                break;
            }
            step.outcome = StepFailure{
                .message = std::string("the result cannot be stored: ") + error.what(),
                .error_type = "InvalidResult",
                .error_code = "INVALID_RESULT",
                .context_json = {},
                .retryable = false,
                .retry_after = std::nullopt
            };
            step.events_json.clear();
        }
    }
    // The connection broke, or not even a failure can be stored: the result was not at fault.
    step = original;
    return false;
}

/// True when PostgreSQL refused a statement for what it said: the connection is whole, and the same
/// statement would be refused again. A deadlock or a time-out says nothing about the data.
bool StepPump::blames_the_data(const Lane& lane, const std::exception& error) {
    const auto* known = dynamic_cast<const Exception*>(&error);
    return lane.gateway->usable() && !(known != nullptr && is_retryable(known->code()));
}

void StepPump::deliver(const StepInbox::Load& load, database::AdvanceReply reply) {
    claimed_ += reply.claimed.size();
    settled_ += load.settled.size() - reply.refused_results.size();
    refused_results_ += reply.refused_results.size();
    given_back_ +=
        static_cast<std::uint64_t>(std::ranges::count_if(load.settled, [](const auto& step) {
            return std::holds_alternative<GivenBack>(step.outcome);
        }));
    if (!identity().inherited) {
        for (const auto& step : reply.refused_results) {
            log::warning(component, "a late result of step " + step.to_string() + " was refused");
        }
    }
    inbox_.delivered(load, taken(reply));
    hand_on(reply, load.sent);
    inbox_.admitted(load);
    if (observers_.settled) {
        observers_.settled(load.settled);
    }
    if (!reply.finished.empty()) {
        observers_.finished(reply.finished);
    }
    if (!reply.fed_namespaces.empty()) {
        observers_.fed(reply.fed_namespaces);
    }
    if (reply.retry_in) {
        observers_.retry_scheduled(*reply.retry_in);
    }
    if (reply.queued_results > 0) {
        observers_.queued(reply.queued_results);
    }
    if (observers_.published && !(reply.events.empty() && reply.rejected_events.empty())) {
        observers_.published(std::move(reply.events), std::move(reply.rejected_events));
    }
}

void StepPump::hand_on(database::AdvanceReply& reply, StepInbox::Clock::time_point asked_at) {
    if (!reply.ended.empty()) {
        inbox_.give_back(reply.ended);
    }
    if (reply.claimed.empty()) {
        return;
    }
    for (auto& claim : reply.claimed) {
        claim.asked_at = asked_at;
    }
    if (options_.permits != nullptr) {
        if (const auto surplus = options_.permits->admit(reply.claimed); !surplus.empty()) {
            surplus_ += surplus.size();
            inbox_.give_back(surplus);
        }
    }
    if (!reply.claimed.empty()) {
        observers_.claimed(std::move(reply.claimed));
    }
}

// A statement that PostgreSQL refused also ends here: the connection is replaced, because nothing
// tells which of the two sides is confused.
bool StepPump::reconnect(Lane& lane) {
    const int lost_backend = lane.gateway ? lane.gateway->backend_pid() : 0;
    lane.gateway.reset();
    while (pause(lane.backoff.next())) {
        const auto self = identity();
        try {
            return join_again(lane, self, lost_backend);
        } catch (const std::exception& error) {
            lane.gateway.reset();
            went_wrong(error);
            if (says_lost(error) && !await_successor(self.host_id)) {
                return false;
            }
        }
    }
    return false;
}

bool StepPump::join_again(Lane& lane, const Identity& self, int lost_backend) {
    const auto asked_at = StepInbox::Clock::now();
    lane.gateway = connect(self.host_id);
    database::AdvanceReply reply;
    if (!self.inherited) {
        const std::unique_lock quiet(recovery_);
        reply = lane.gateway->recover(inbox_.in_hand(), lost_backend);
        inbox_.adopt(taken(reply));
    }
    ++reconnects_;
    if (options_.breaker != nullptr) {
        options_.breaker->succeeded();
    }
    const auto count = std::to_string(reply.claimed.size());
    log::info(component, "connected again; " + count + " claims recovered");
    hand_on(reply, asked_at);
    return true;
}

/// Says that the host was lost and waits for its new registration. False when the pump stops.
bool StepPump::await_successor(HostId lost) {
    std::unique_lock lock(settings_mutex_);
    if (!stopping_ && identity_.host_id == lost) {
        lock.unlock();
        observers_.lost();
        lock.lock();
    }
    settings_changed_.wait(lock, [&] { return stopping_ || identity_.host_id != lost; });
    return !stopping_;
}

void StepPump::went_well(Lane& lane) const {
    lane.backoff.reset();
    if (options_.breaker != nullptr) {
        options_.breaker->succeeded();
    }
}

// A statement that was refused for what it says is no fault of the database.
void StepPump::went_wrong(const std::exception& error) const {
    log::warning(component, error.what());
    const auto* known = dynamic_cast<const Exception*>(&error);
    if (options_.breaker != nullptr && known != nullptr && is_retryable(known->code())) {
        options_.breaker->failed(error.what());
    }
}

/// False when the pump stops meanwhile.
bool StepPump::pause(std::chrono::milliseconds delay) {
    std::unique_lock lock(settings_mutex_);
    return !settings_changed_.wait_for(lock, delay, [this] { return stopping_; });
}

}  // namespace tenon::worker
