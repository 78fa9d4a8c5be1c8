#pragma once

#include "database/reconnect_backoff.hpp"
#include "database/step_gateway.hpp"
#include "foundation/runtime/circuit_breaker.hpp"
#include "worker/services/step_inbox.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::worker {

/// The worker's only way to the step path: a few lanes, each a thread with a connection of its own,
/// that carry finished attempts to `tenon.advance` (or, in the queued profile, to
/// `tenon.submit_results`) and bring back claimed steps.
///
/// Batches form by themselves: a lane leaves at once when no other is away (with one result when it
/// is quiet), and otherwise waits a moment for company; what arrives while all lanes are away goes
/// with the next one. Several lanes let one commit flush while the next call executes.
///
/// A lane whose connection breaks keeps its results, connects again with growing pauses, asks for
/// the claims whose reply was lost, and carries on. When the host was declared lost meanwhile, its
/// lanes wait until they are told under which registration to carry on.
class StepPump {
public:
    struct Options {
        database::StepGateway::Options gateway;
        HostId host_id{};
        std::int32_t slots = 128;
        std::int32_t most_ahead = 0;  ///< Steps that may be claimed beyond the slots.
        int lanes = 3;
        std::size_t max_batch = 512;
        Permits* permits = nullptr;         ///< Outlives the pump; null: no handler is limited.
        CircuitBreaker* breaker = nullptr;  ///< Told of every call; outlives the pump, or none.
    };

    /// What a call brought, on the lane's thread. Must not block for long.
    struct Observers {
        std::function<void(std::vector<ClaimedStep>)> claimed;
        std::function<void(const std::vector<database::FinishedTask>&)> finished;
        std::function<void(const std::vector<std::string>&)> fed;  ///< Namespaces to ring for.
        std::function<void(std::chrono::milliseconds)> retry_scheduled;
        std::function<void(std::int32_t)> queued;  ///< Results wait for the orchestration role.
        std::function<void()> lost;  ///< The host was declared lost: nothing of it counts any more.
        std::function<void(const std::vector<SettledStep>&)> settled{};  ///< What it carried.
        std::function<void()> looked;  ///< Often: with every poll, and under load more often.
        /// Events of steps that settled, and a sentence for each that could not be published.
        std::function<void(std::vector<DomainEvent>, std::vector<std::string>)> published{};
    };

    /// Counters since the start. [any-thread]
    struct Statistics {
        std::uint64_t calls = 0;
        std::uint64_t claimed = 0;
        std::uint64_t settled = 0;
        std::uint64_t refused = 0;  ///< Results of attempts that were no longer this host's.
        std::uint64_t reconnects = 0;
        std::uint64_t given_back = 0;  ///< Of the settled, those that did not count.
        std::uint64_t started = 0;     ///< Tasks that were submitted here and began at once.
        std::uint64_t surplus = 0;     ///< Claims beyond what handlers allow: given back.
    };

    StepPump(Options options, Observers observers);
    ~StepPump();
    StepPump(const StepPump&) = delete;
    StepPump& operator=(const StepPump&) = delete;

    /// Connects every lane and starts it. Throws when the database cannot be reached. [setup]
    void start();

    /// Steps of this template stay for other hosts from now on; false when they did already.
    /// [any-thread]
    bool refuse(TemplateId template_id);

    /// The templates whose steps stay for other hosts. [any-thread]
    std::vector<TemplateId> refused() const;

    /// This host can run the template after all; false when it was not refused. [any-thread]
    bool accept(TemplateId template_id);

    /// Carries what is left to carry under the host's new registration, where the fence refuses and
    /// counts it. The inbox was drained. [any-thread]
    void carry_on_as(HostId successor);

    StepInbox& inbox() noexcept { return inbox_; }

    const StepInbox& inbox() const noexcept { return inbox_; }

    Statistics statistics() const;

    /// Carries what is left and ends the lanes.
    void stop();

private:
    struct Lane {
        std::unique_ptr<database::StepGateway> gateway;
        database::ReconnectBackoff backoff;
        std::thread thread;
    };

    /// Under which registration the lanes work.
    struct Identity {
        HostId host_id{};
        bool inherited = false;  ///< It has another pump of its own, and claims that are not ours.
    };

    void run(Lane& lane, std::optional<std::chrono::milliseconds> limit);
    std::unique_ptr<database::StepGateway> connect(HostId host_id) const;
    Identity identity();
    bool await_successor(HostId lost);
    bool join_again(Lane& lane, const Identity& self, int lost_backend);
    bool carry(Lane& lane, StepInbox::Load& load);
    bool carry_any(Lane& lane, StepInbox::Load& load);
    bool carry_claim(Lane& lane, const StepInbox::Load& load);
    bool carry_start(Lane& lane, StepInbox::Load& load);
    bool carry_singly(Lane& lane, StepInbox::Load& load);
    bool carry_one(Lane& lane, SettledStep& step, database::AdvanceReply& total);
    static bool blames_the_data(const Lane& lane, const std::exception& error);
    void deliver(const StepInbox::Load& load, database::AdvanceReply reply);
    void hand_on(database::AdvanceReply& reply, StepInbox::Clock::time_point asked_at);
    bool reconnect(Lane& lane);
    bool pause(std::chrono::milliseconds delay);
    void went_well(Lane& lane) const;
    void went_wrong(const std::exception& error) const;

    const Options options_;
    const Observers observers_;
    StepInbox inbox_;
    std::vector<Lane> lanes_;

    // Held shared by every call and exclusively by a recovery, which must not mistake another
    // lane's claim under way for a lost one.
    std::shared_mutex recovery_;

    mutable std::mutex settings_mutex_;
    std::condition_variable settings_changed_;
    std::vector<TemplateId> refused_;
    Identity identity_;
    bool stopping_ = false;

    std::atomic<std::uint64_t> calls_{0};
    std::atomic<std::uint64_t> claimed_{0};
    std::atomic<std::uint64_t> settled_{0};
    std::atomic<std::uint64_t> refused_results_{0};
    std::atomic<std::uint64_t> reconnects_{0};
    std::atomic<std::uint64_t> given_back_{0};
    std::atomic<std::uint64_t> started_{0};
    std::atomic<std::uint64_t> surplus_{0};
};

}  // namespace tenon::worker
