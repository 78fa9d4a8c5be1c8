#pragma once

#include "domain/ids.hpp"
#include "domain/step/step_outcome.hpp"
#include "worker/dispatch/lookahead.hpp"
#include "worker/dispatch/permits.hpp"
#include "worker/dispatch/poll_intervals.hpp"
#include "worker/services/eager_start.hpp"
#include "worker/services/named_claim.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tenon::worker {

/// What the lanes of the step pump share: finished attempts on their way to the database, the
/// account of handler slots, and the question whether the queues may hold something. [any-thread]
///
/// A slot is taken from the moment a lane asks for a step until the lane that carries its result
/// asks for the next one, or longer when its handler would not end. While handlers are quick, steps
/// are claimed beyond the slots (see Lookahead). The mutex guards a few counters and vectors; no
/// call is made under it.
class StepInbox {
public:
    using Clock = std::chrono::steady_clock;

    /// What one lane carries to the database in one call.
    struct Load {
        std::vector<SettledStep> settled;
        std::int32_t want = 0;            ///< Slots reserved for what the call may claim.
        std::vector<std::string> queues;  ///< To ask for steps, in this order.
        std::uint64_t hint = 0;           ///< The latest hint when the load was formed.
        Clock::time_point sent;
        bool unannounced = false;           ///< Nothing but the clock said to ask the queues.
        std::shared_ptr<NamedClaim> claim;  ///< Instead of everything else.
        std::shared_ptr<EagerStart> start;  ///< The same.
        Permits::Offer permits{};           ///< What it may claim of limited handlers.

        bool empty() const { return settled.empty() && queues.empty() && !claim && !start; }
    };

    /// How work was found, since the start.
    struct Discovery {
        std::uint64_t polls = 0;      ///< Times that queues were asked that nothing had announced.
        std::uint64_t surprises = 0;  ///< Of these, those that brought steps.
        std::uint64_t answered = 0;   ///< Bells that were followed by a claim.
        std::chrono::microseconds answer_time{};          ///< From bell to claim, in all.
        std::chrono::microseconds longest_answer_time{};  ///< From bell to claim.
        std::chrono::milliseconds idle{};  ///< Since the last claim or the last result.
    };

    /// `permits` must outlive the inbox; null: no handler is limited. `most_ahead`: how many steps
    /// may be claimed beyond the slots.
    StepInbox(
        std::int32_t slots,
        std::size_t max_batch,
        Permits* permits = nullptr,
        std::int32_t most_ahead = 0
    )
        : slots_(slots), max_batch_(max_batch), permits_(permits), lookahead_(most_ahead) {}

    /// A handler ended.
    void add(SettledStep step);

    /// Steps that will not run here: given back at the next opportunity.
    void give_back(const std::vector<ClaimedStep>& steps);

    /// The queues to claim from; each may hold something, unless they are the same as before.
    void set_queues(const std::vector<std::string>& queues);

    /// All queues may hold something.
    void hint_all();

    /// This queue may hold something; false when it is none of ours.
    bool hint(std::string_view queue);

    /// A claim by name, for the next lane that is idle. False when there is no room for a step.
    bool ask(std::shared_ptr<NamedClaim> claim);

    /// Takes it back; false when a lane has it already.
    bool withdraw(const std::shared_ptr<NamedClaim>& claim);

    /// A task to begin here, for a lane that has nothing to do. False when there is none, or when
    /// other work waits for the slots.
    bool offer(std::shared_ptr<EagerStart> start);

    /// Takes it back; false when a lane has it already.
    bool withdraw(const std::shared_ptr<EagerStart>& start);

    /// Waits for something to carry; nullopt once stopped and empty. When `limit` has passed since
    /// the last time, all queues are asked whatever the hints say, if there is a free slot; a load
    /// that has nothing to do is empty. Without a limit the poll intervals are the limit.
    std::optional<Load> collect(std::optional<std::chrono::milliseconds> limit = std::nullopt);

    /// How often queues are asked without a hint; holds at once.
    void set_poll_intervals(PollIntervals intervals);

    /// Settles the account of a call that came back: what it claimed stays taken. Its permits are
    /// withdrawn by `admitted`.
    void delivered(const Load& load, const std::vector<StepId>& claimed);

    /// What the call claimed has its permits, or went back.
    void admitted(const Load& load) { withdraw(load.permits); }

    /// Puts the results of a call that failed back to the front and frees what it reserved.
    void failed(Load load);

    /// Takes on claims that were found after a broken connection.
    void adopt(const std::vector<StepId>& claimed);

    /// Takes no more steps; results still go out.
    void drain();

    /// Drops steps that will neither run here nor go back: they are no longer this host's.
    void forget(const std::vector<ClaimedStep>& steps);

    /// The step's handler ended: its permit is free. Whoever missed it asks for steps in the call
    /// that carries the result, which is added next.
    void release_permit(const StepAttempt& step);

    /// One slot stays taken although its step was settled: the handler would not end.
    void hold_slot();

    /// It ended after all.
    void release_slot();

    /// Wakes every lane; `collect` returns nullopt when nothing is left to carry.
    void stop();

    /// True when every claimed step has been settled and no call is under way.
    bool wait_settled(Clock::time_point deadline);

    /// True while the step is claimed here and its result is not yet in the database.
    bool holds(StepId step) const;

    /// The handler slots, and how many steps take one or wait for one: more than there are when
    /// steps are claimed ahead.
    std::int32_t slots() const noexcept { return slots_; }

    std::int32_t taken_slots() const;

    /// False once `drain` was called.
    bool takes_steps() const;

    /// The queues that are asked for steps.
    std::vector<std::string> queues() const;

    Discovery discovery() const;

    /// The claimed steps whose result is not yet in the database.
    std::vector<StepId> in_hand() const;

    /// Milliseconds since the oldest call was sent that has not come back.
    std::int32_t oldest_call_age_ms() const;

private:
    struct Queue {
        std::string name;
        std::uint64_t hint = 0;       ///< The latest hint that named it.
        std::uint64_t drained = 0;    ///< The latest hint that was answered with "empty".
        std::uint64_t announced = 0;  ///< As `hint`, without the clock's.
        std::optional<Clock::time_point> rung_at = std::nullopt;  ///< The first unanswered bell.

        bool hungry() const { return hint > drained; }

        bool announces() const { return announced > drained; }
    };

    bool hungry() const { return !draining_ && std::ranges::any_of(queues_, &Queue::hungry); }

    bool may_carry() const;

    bool may_poll() const { return polls_ == 0 && free_slots() > 0 && hungry(); }

    bool may_claim() const { return !claims_.empty() && free_slots() > 0; }

    /// How many more steps may be claimed; below 0 after handlers became slow.
    std::int32_t free_slots() const { return draining_ ? 0 : slots_ + ahead_ - taken_; }

    void withdraw(const Permits::Offer& offer);
    void let_go(const std::vector<ClaimedStep>& steps);
    Load form_load();
    Load form_claim();
    Load form_start();
    void reserve(Load& load, std::int32_t most);
    void ask_queues(Load& load);
    void note_results();
    void hint_all_queues();
    void announce_all_queues();
    void judge(const Load& load, std::int32_t got);
    void forget_call(Clock::time_point sent);
    void forget_step(StepId step);
    std::chrono::milliseconds interval() const;

    const std::int32_t slots_;
    const std::size_t max_batch_;
    Permits* const permits_;

    mutable std::mutex mutex_;
    std::condition_variable news_;
    std::condition_variable settled_;
    std::vector<SettledStep> results_;
    Clock::time_point results_since_{};  ///< While there are any.
    std::unordered_multiset<StepId> in_hand_;
    std::vector<Clock::time_point> calls_;  ///< When each call under way was sent.
    std::int32_t taken_ = 0;
    Lookahead lookahead_;
    std::int32_t ahead_ = 0;  ///< What it said last.
    std::int32_t polls_ = 0;  ///< Calls under way that ask the queues.
    std::deque<std::shared_ptr<NamedClaim>> claims_;
    std::deque<std::shared_ptr<EagerStart>> starts_;
    std::size_t idle_lanes_ = 0;  ///< Wait in `collect`.
    Discovery discovery_;
    std::vector<Queue> queues_;
    std::size_t turn_ = 0;  ///< Which queue is asked first: rotates, so that none is always last.
    std::uint64_t hint_ = 0;
    PollIntervals poll_intervals_ = worker::poll_intervals(DeploymentMode::hybrid);
    Clock::time_point last_poll_ = Clock::now();
    Clock::time_point last_activity_ = Clock::now();
    bool draining_ = false;
    bool stopping_ = false;
};

}  // namespace tenon::worker
