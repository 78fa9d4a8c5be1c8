#pragma once

#include "database/binary/pq_connection.hpp"
#include "domain/dispatch_profile.hpp"
#include "domain/event/domain_event.hpp"
#include "domain/ids.hpp"
#include "domain/messages/task_request.hpp"
#include "domain/step/step_outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::database {

/// What a host tells the database and asks of it, in one round trip.
struct AdvanceRequest {
    std::span<const SettledStep> settled;
    std::span<const std::string> queues;  ///< To top up from, in the order to ask them.
    std::span<const TemplateId> refused;  ///< Templates this host cannot run.
    std::int32_t want = 0;                ///< Free handler slots.
    /// Of handlers that may not run in every slot, as tenon.advance wants it; empty: none. Given a
    /// value, so that designated initializers may leave it out.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::string_view limits_json{};
};

/// A step that somebody wants claimed by name.
struct NamedStep {
    TaskId task;
    StepNo step_no = 0;
    std::optional<CorrelationId> correlation = std::nullopt;  ///< Unset: whatever the task has.
    std::optional<std::int64_t> message = std::nullopt;       ///< That named it, on `queue`.
};

/// Which steps to claim instead of those at the heads of the queues.
struct NamedClaimRequest {
    std::span<const NamedStep> steps;
    std::string_view queue;  ///< Of the messages; empty when there are none.
    std::int32_t want = 0;   ///< Free handler slots.
};

/// A task to make, whose first steps are to be claimed at once.
struct StartRequest {
    const TaskRequest& task;
    std::span<const TemplateId> refused;  ///< Templates this host cannot run.
    std::int32_t want = 0;                ///< Free handler slots.
};

/// A named step that was not claimed.
struct UnclaimedStep {
    StepId step;
    std::string reason;  ///< "unknown", "other correlation", "no room", or the state it is in.
};

/// A task that came to rest.
struct FinishedTask {
    TaskId task;
    std::string state;  ///< "complete", "blocked_by_failures" …
};

/// What came of it. Everything here is committed and flushed.
struct AdvanceReply {
    std::vector<ClaimedStep> claimed;
    std::vector<ClaimedStep> ended;  ///< Claimed while their task ended: to be given back, not run.
    std::vector<FinishedTask> finished;
    std::vector<StepId> refused_results;      ///< Of attempts that are no longer this host's.
    std::vector<std::string> fed_namespaces;  ///< Got steps on their queue: ring for them.
    std::optional<std::chrono::milliseconds> retry_in;  ///< The earliest retry that was scheduled.
    std::int32_t queued_results = 0;           ///< Wait for the orchestration role: ring for it.
    std::vector<UnclaimedStep> unclaimed;      ///< Of `claim` only.
    std::optional<TaskReceipt> submitted;      ///< Of `submit` only.
    std::vector<DomainEvent> events;           ///< Published, for the subscribers of processes.
    std::vector<std::string> rejected_events;  ///< Not published: a sentence each.
};

/// One connection of the step pump: `tenon.advance`, or `tenon.submit_results` in the queued
/// profile, in binary format. Blocking; one thread at a time. Throws tenon::Exception; after
/// `unavailable` the object is spent: make another and `recover`. [pool]
class StepGateway {
public:
    struct Options {
        std::string conninfo;
        std::string application_name = "tenon pump";
        DispatchProfile profile = DispatchProfile::direct;
    };

    /// The statement is planned once, on whatever the tables hold at that moment, and kept: these
    /// settings leave only plans that are right for any size.
    static constexpr auto session_settings =
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off "
        "-c enable_mergejoin=off -c enable_material=off -c jit=off";

    /// Connects, joins the host's presence and prepares. `conflict` when the host was declared
    /// lost.
    StepGateway(const Options& options, HostId host_id);

    AdvanceReply advance(const AdvanceRequest& request);

    /// Claims exactly the named steps, as far as they wait for a worker and there is room.
    AdvanceReply claim(const NamedClaimRequest& request);

    /// Makes a task and claims its first steps, or leaves them on their queue where there is no
    /// room. Throws as `TaskRepository::submit` does.
    AdvanceReply submit(const StartRequest& request);

    /// False when the server has hung up meanwhile. Asks nobody but the socket.
    bool alive() const noexcept { return connection_.alive(); }

    /// The claims of this host that are in none of `known`: a reply that never arrived. The caller
    /// keeps every other gateway of the host idle meanwhile.
    AdvanceReply recover(std::span<const StepId> known, int lost_backend_pid);

    /// False once the connection broke.
    bool usable() const noexcept { return connection_.usable(); }

    int backend_pid() const noexcept { return connection_.backend_pid(); }

private:
    HostId host_id_;
    PqConnection connection_;
    bool claims_by_name_ = false;  ///< The statement for it is prepared.
    bool submits_ = false;         ///< The same.
};

}  // namespace tenon::database
