#include "worker/services/step_inbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tenon::worker {
namespace {

// A task with more of them goes through its queue, as work that many slots have to share.
constexpr std::int32_t most_first_steps = 16;

// With so many results for each call that is under way, another one leaves, or after this time.
constexpr std::size_t results_for_each_call = 2;
constexpr std::chrono::milliseconds company_limit{2};

// What was claimed ahead shrinks by claiming less from the queues, not by sending to them what is
// ready to run: a quick step is always followed by its successor.
std::int32_t successors_of_quick(const std::vector<SettledStep>& settled) {
    return static_cast<std::int32_t>(std::ranges::count_if(settled, [](const auto& step) {
        const bool ran = !std::holds_alternative<GivenBack>(step.outcome);
        return ran && step.execution_time <= Lookahead::moment;
    }));
}

}  // namespace

void StepInbox::add(SettledStep step) {
    bool after_a_pause = false;
    {
        const std::scoped_lock lock(mutex_);
        after_a_pause = interval() > poll_intervals_.busy;
        last_activity_ = Clock::now();
        lookahead_.ended(step.execution_time, last_activity_);
        note_results();
        results_.push_back(std::move(step));
    }
    // The lane that keeps the time must learn that it is a busy time.
    after_a_pause ? news_.notify_all() : news_.notify_one();
}

void StepInbox::give_back(const std::vector<ClaimedStep>& steps) {
    let_go(steps);
    {
        const std::scoped_lock lock(mutex_);
        note_results();
        for (const auto& step : steps) {
            results_.push_back(
                {.task = step.task,
                 .step_no = step.step_no,
                 .attempt = step.attempt,
                 .outcome = GivenBack{},
                 .execution_time = {}}
            );
        }
    }
    news_.notify_one();
}

void StepInbox::set_queues(const std::vector<std::string>& queues) {
    {
        const std::scoped_lock lock(mutex_);
        if (std::ranges::equal(queues_, queues, {}, &Queue::name)) {
            return;
        }
        queues_.clear();
        for (const auto& name : queues) {
            queues_.push_back({.name = name});
        }
        announce_all_queues();
    }
    news_.notify_one();
}

void StepInbox::hint_all() {
    {
        const std::scoped_lock lock(mutex_);
        announce_all_queues();
    }
    news_.notify_one();
}

/// Before results are added: since when the first of them waits. Under the lock.
void StepInbox::note_results() {
    if (results_.empty()) {
        results_since_ = Clock::now();
    }
}

bool StepInbox::hint(std::string_view queue) {
    {
        const std::scoped_lock lock(mutex_);
        const auto known = std::ranges::find(queues_, queue, &Queue::name);
        if (known == queues_.end()) {
            return false;
        }
        known->hint = ++hint_;
        known->announced = hint_;
        if (!known->rung_at) {
            known->rung_at = Clock::now();
        }
    }
    news_.notify_one();
    return true;
}

void StepInbox::hint_all_queues() {
    ++hint_;
    for (auto& queue : queues_) {
        queue.hint = hint_;
    }
}

void StepInbox::announce_all_queues() {
    hint_all_queues();
    for (auto& queue : queues_) {
        queue.announced = hint_;
    }
}

bool StepInbox::ask(std::shared_ptr<NamedClaim> claim) {
    {
        const std::scoped_lock lock(mutex_);
        // What calls under way only reserved gets free when they come back.
        if (draining_ || stopping_ ||
            static_cast<std::int32_t>(in_hand_.size()) >= slots_ + ahead_) {
            return false;
        }
        claims_.push_back(std::move(claim));
    }
    news_.notify_one();
    return true;
}

bool StepInbox::withdraw(const std::shared_ptr<NamedClaim>& claim) {
    const std::scoped_lock lock(mutex_);
    return std::erase(claims_, claim) > 0;
}

bool StepInbox::offer(std::shared_ptr<EagerStart> start) {
    {
        const std::scoped_lock lock(mutex_);
        const bool served = std::ranges::find(queues_, start->queue, &Queue::name) != queues_.end();
        const bool room = free_slots() > 0 && !hungry() && starts_.size() < idle_lanes_;
        if (draining_ || stopping_ || !served || !room) {
            return false;
        }
        starts_.push_back(std::move(start));
    }
    news_.notify_one();
    return true;
}

bool StepInbox::withdraw(const std::shared_ptr<EagerStart>& start) {
    const std::scoped_lock lock(mutex_);
    return std::erase(starts_, start) > 0;
}

std::optional<StepInbox::Load> StepInbox::collect(std::optional<std::chrono::milliseconds> limit) {
    std::unique_lock lock(mutex_);
    const auto next_poll = [&] { return last_poll_ + limit.value_or(interval()); };
    ++idle_lanes_;
    while (!stopping_ && !may_carry() && starts_.empty() && !may_poll() && !may_claim() &&
           Clock::now() < next_poll()) {
        const auto deadline = results_.empty() ? next_poll() : results_since_ + company_limit;
        news_.wait_until(lock, std::min(deadline, next_poll()));
    }
    --idle_lanes_;
    // Also under constant load: a queue whose bell was lost must not wait for a quiet moment.
    if (const auto now = Clock::now(); now >= next_poll()) {
        last_poll_ = now;
        hint_all_queues();
    }
    if (!starts_.empty()) {
        return form_start();
    }
    if (may_claim()) {
        return form_claim();
    }
    if (results_.empty() && !stopping_ && !may_poll()) {
        return Load{};
    }
    if (stopping_ && results_.empty()) {
        return std::nullopt;
    }
    return form_load();
}

void StepInbox::set_poll_intervals(PollIntervals intervals) {
    {
        const std::scoped_lock lock(mutex_);
        poll_intervals_ = intervals;
    }
    news_.notify_all();
}

// A lane leaves at once when no other is away. Otherwise it waits for company, but not for long: a
// call with two results costs hardly more than one with one, and there is always one on its way
// back for what stays behind.
bool StepInbox::may_carry() const {
    return !results_.empty() && (results_.size() >= results_for_each_call * calls_.size() ||
                                 Clock::now() >= results_since_ + company_limit);
}

std::chrono::milliseconds StepInbox::interval() const {
    return poll_intervals_.after(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_activity_)
    );
}

StepInbox::Load StepInbox::form_load() {
    Load load;
    const auto count = std::min(results_.size(), max_batch_);
    const auto end = results_.begin() + static_cast<std::ptrdiff_t>(count);
    load.settled.assign(std::make_move_iterator(results_.begin()), std::make_move_iterator(end));
    results_.erase(results_.begin(), end);
    taken_ -= static_cast<std::int32_t>(count);
    load.sent = Clock::now();
    ahead_ = lookahead_.steps(load.sent);
    load.want = std::max(free_slots(), 0);
    if (!draining_) {
        const auto room = slots_ + lookahead_.most() - taken_;
        load.want = std::max(load.want, std::min(successors_of_quick(load.settled), room));
    }
    load.hint = hint_;
    if (load.want > 0 && hungry()) {
        ask_queues(load);
        ++polls_;
    }
    taken_ += load.want;
    if (permits_ != nullptr) {
        load.permits = permits_->offer(load.want);
    }
    calls_.push_back(load.sent);
    return load;
}

// Alone in its call: the lane's other statement would have to wait for it anyway.
StepInbox::Load StepInbox::form_claim() {
    Load load;
    load.claim = std::move(claims_.front());
    claims_.pop_front();
    reserve(load, load.claim->size());
    return load;
}

StepInbox::Load StepInbox::form_start() {
    Load load;
    load.start = std::move(starts_.front());
    starts_.pop_front();
    reserve(load, most_first_steps);
    return load;
}

void StepInbox::reserve(Load& load, std::int32_t most) {
    load.want = std::max(0, std::min(free_slots(), most));
    taken_ += load.want;
    load.sent = Clock::now();
    calls_.push_back(load.sent);
}

void StepInbox::ask_queues(Load& load) {
    load.unannounced = true;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
        const auto& queue = queues_[(turn_ + i) % queues_.size()];
        if (queue.hungry()) {
            load.queues.push_back(queue.name);
            load.unannounced = load.unannounced && !queue.announces();
        }
    }
    ++turn_;
    discovery_.polls += load.unannounced ? 1 : 0;
}

void StepInbox::delivered(const Load& load, const std::vector<StepId>& claimed) {
    const auto got = static_cast<std::int32_t>(claimed.size());
    {
        const std::scoped_lock lock(mutex_);
        // One of them only: a step that was given back may have been claimed again by a call that
        // came back before this one.
        for (const auto& step : load.settled) {
            forget_step(step_id(step.task, step.step_no));
        }
        in_hand_.insert(claimed.begin(), claimed.end());
        taken_ += got - load.want;
        if (got > 0) {
            last_activity_ = Clock::now();
        }
        forget_call(load.sent);
        if (!load.queues.empty()) {
            --polls_;
        }
        judge(load, got);
        for (auto& queue : queues_) {
            // Less than was wanted: every queue that was asked is empty.
            if (got < load.want &&
                std::ranges::find(load.queues, queue.name) != load.queues.end()) {
                queue.drained = std::max(queue.drained, load.hint);
            }
        }
    }
    news_.notify_one();
    settled_.notify_all();
}

/// Keeps the account of how steps were found. Under the lock.
void StepInbox::judge(const Load& load, std::int32_t got) {
    // Beside results, what was claimed may just as well be their successors.
    const bool surprise = load.unannounced && load.settled.empty() && got > 0;
    discovery_.surprises += surprise ? 1 : 0;
    for (auto& queue : queues_) {
        if (std::ranges::find(load.queues, queue.name) == load.queues.end()) {
            continue;
        }
        if (surprise) {
            queue.announced = std::max(queue.announced, load.hint);
        }
        if (!queue.rung_at || *queue.rung_at > load.sent) {
            continue;
        }
        if (got > 0) {
            const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
                Clock::now() - *queue.rung_at
            );
            ++discovery_.answered;
            discovery_.answer_time += time;
            discovery_.longest_answer_time = std::max(discovery_.longest_answer_time, time);
        }
        queue.rung_at.reset();
    }
}

void StepInbox::withdraw(const Permits::Offer& offer) {
    if (permits_ != nullptr && permits_->withdraw(offer)) {
        hint_all();
    }
}

void StepInbox::let_go(const std::vector<ClaimedStep>& steps) {
    bool wanted = false;
    for (const auto& step : steps) {
        const StepAttempt attempt{
            .task = step.task, .step_no = step.step_no, .attempt = step.attempt
        };
        wanted = (permits_ != nullptr && permits_->release(attempt)) || wanted;
    }
    if (wanted) {
        hint_all();
    }
}

void StepInbox::release_permit(const StepAttempt& step) {
    if (permits_ != nullptr && permits_->release(step)) {
        const std::scoped_lock lock(mutex_);
        announce_all_queues();
    }
}

void StepInbox::failed(Load load) {
    withdraw(load.permits);
    {
        const std::scoped_lock lock(mutex_);
        taken_ += static_cast<std::int32_t>(load.settled.size()) - load.want;
        note_results();
        results_.insert(
            results_.begin(),
            std::make_move_iterator(load.settled.begin()),
            std::make_move_iterator(load.settled.end())
        );
        forget_call(load.sent);
        polls_ -= load.queues.empty() ? 0 : 1;
    }
    news_.notify_one();
}

void StepInbox::adopt(const std::vector<StepId>& claimed) {
    const std::scoped_lock lock(mutex_);
    in_hand_.insert(claimed.begin(), claimed.end());
    taken_ += static_cast<std::int32_t>(claimed.size());
}

void StepInbox::forget_call(Clock::time_point sent) {
    if (const auto call = std::ranges::find(calls_, sent); call != calls_.end()) {
        calls_.erase(call);
    }
}

void StepInbox::forget_step(StepId step) {
    if (const auto held = in_hand_.find(step); held != in_hand_.end()) {
        in_hand_.erase(held);
    }
}

void StepInbox::forget(const std::vector<ClaimedStep>& steps) {
    let_go(steps);
    const std::scoped_lock lock(mutex_);
    for (const auto& step : steps) {
        forget_step(step_id(step.task, step.step_no));
    }
    taken_ -= static_cast<std::int32_t>(steps.size());
}

void StepInbox::hold_slot() {
    const std::scoped_lock lock(mutex_);
    ++taken_;
}

void StepInbox::release_slot() {
    {
        const std::scoped_lock lock(mutex_);
        --taken_;
    }
    news_.notify_one();
}

void StepInbox::drain() {
    const std::scoped_lock lock(mutex_);
    draining_ = true;
}

void StepInbox::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    news_.notify_all();
}

bool StepInbox::wait_settled(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return settled_.wait_until(lock, deadline, [this] {
        return in_hand_.empty() && results_.empty() && calls_.empty();
    });
}

bool StepInbox::holds(StepId step) const {
    const std::scoped_lock lock(mutex_);
    return in_hand_.contains(step);
}

std::int32_t StepInbox::taken_slots() const {
    const std::scoped_lock lock(mutex_);
    return taken_;
}

bool StepInbox::takes_steps() const {
    const std::scoped_lock lock(mutex_);
    return !draining_ && !stopping_;
}

std::vector<std::string> StepInbox::queues() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& queue : queues_) {
        names.push_back(queue.name);
    }
    return names;
}

StepInbox::Discovery StepInbox::discovery() const {
    const std::scoped_lock lock(mutex_);
    auto discovery = discovery_;
    discovery.idle =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_activity_);
    return discovery;
}

std::vector<StepId> StepInbox::in_hand() const {
    const std::scoped_lock lock(mutex_);
    return {in_hand_.begin(), in_hand_.end()};
}

std::int32_t StepInbox::oldest_call_age_ms() const {
    const std::scoped_lock lock(mutex_);
    if (calls_.empty()) {
        return 0;
    }
    const auto age = Clock::now() - std::ranges::min(calls_);
    return static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(age).count()
    );
}

}  // namespace tenon::worker
