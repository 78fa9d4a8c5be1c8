#include "app/bench/bare_sql.hpp"

#include "app/bench/load/submission.hpp"
#include "app/version.hpp"
#include "database/repositories/host_repository.hpp"
#include "database/step_gateway.hpp"
#include "foundation/error.hpp"
#include "messaging/queue_names.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace tenon::app {
namespace {

using Clock = std::chrono::steady_clock;

// Between two looks of a connection that finds nothing while others still hold steps.
constexpr std::chrono::microseconds idle_pause(200);

/// What the connections share.
struct Progress {
    std::atomic<std::int64_t> left;
    std::atomic<std::int64_t> settled{0};
    Clock::time_point deadline;
};

std::vector<SettledStep> settle(const std::vector<ClaimedStep>& claims, const std::string& result) {
    std::vector<SettledStep> settled;
    settled.reserve(claims.size());
    for (const auto& claim : claims) {
        settled.push_back(
            {.task = claim.task,
             .step_no = claim.step_no,
             .attempt = claim.attempt,
             .outcome = result,
             .execution_time = {}}
        );
    }
    return settled;
}

/// One connection: settles what it holds and claims as much again, until no task is left.
void work(const BareSqlLoad& load, HostId host, Progress& progress) {
    database::StepGateway gateway({.conninfo = load.conninfo}, host);
    const std::array queues{messaging::namespace_queue(load.workloads.front().namespace_name)};
    std::vector<ClaimedStep> claims;
    while (progress.left > 0 && Clock::now() < progress.deadline) {
        const auto settled = settle(claims, load.result_json);
        auto reply = gateway.advance(
            {.settled = settled, .queues = queues, .refused = {}, .want = load.batch}
        );
        progress.left -= static_cast<std::int64_t>(reply.finished.size());
        progress.settled += static_cast<std::int64_t>(settled.size());
        claims = std::move(reply.claimed);
        if (claims.empty() && settled.empty()) {
            std::this_thread::sleep_for(idle_pause);
        }
    }
}

}  // namespace

double measure_bare_sql(const BareSqlLoad& load) {
    database::HostRepository presence(
        database::Connection({.conninfo = load.conninfo, .application_name = "tenon bench"})
    );
    const auto host = presence.register_host(
        {.name = "bench", .roles = {"worker"}, .version = std::string(version)}
    );
    std::vector<TaskMix::Kind> kinds;
    for (const auto& workload : load.workloads) {
        kinds.push_back({.workload = workload});
    }
    TaskMix mix(std::move(kinds));
    const auto submitter = sql_submitter(load.conninfo, mix, false);
    for (auto left = load.tasks; left > 0; left -= submitter->most_per_call()) {
        submitter->submit(std::min(left, submitter->most_per_call()));
    }

    Progress progress{.left = load.tasks, .deadline = Clock::now() + load.limit};
    const auto begun = Clock::now();
    std::vector<std::future<void>> workers;
    for (std::int32_t i = 0; i < load.connections; ++i) {
        workers.push_back(
            std::async(std::launch::async, work, std::cref(load), host, std::ref(progress))
        );
    }
    for (auto& worker : workers) {
        worker.get();
    }
    const std::chrono::duration<double> elapsed = Clock::now() - begun;
    presence.retire(host, {});
    if (progress.left > 0) {
        throw Exception(
            {ErrorCode::deadline_exceeded,
             "bare SQL did not settle the tasks within " + std::to_string(load.limit.count()) +
                 " s; measure fewer with --tasks"}
        );
    }
    return static_cast<double>(progress.settled) / elapsed.count();
}

}  // namespace tenon::app
