// When a failed step runs again, on a host that has nothing else to do.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>
#include <iostream>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr int rounds = 25;
constexpr int tasks_a_round = 10;
constexpr double delay_ms = 50;
constexpr double lateness_limit_ms = 50;  ///< At p99.

/// Milliseconds from the failure of each first attempt to the claim of the second, in order.
constexpr auto pauses =
    "SELECT extract(epoch FROM again.at - failed.at) * 1000 "
    "FROM tenon.workflow_step_transitions AS failed "
    "JOIN tenon.workflow_step_transitions AS again USING (task_uuid, step_no) "
    "WHERE failed.to_state = 'waiting_for_retry' AND again.to_state = 'in_progress' "
    "  AND again.attempt = 2 ORDER BY 1";

/// A parameter is the profile.
class RetryAccuracy : public DatabaseTest, public ::testing::WithParamInterface<std::string> {
protected:
    RetryAccuracy()
        : host_(start_host(
              {.database_url = conninfo(),
               .plugins = SlowWorkflows::plugins(),
               .templates = slow_.templates(),
               .more = {"--profile", GetParam()}}
          )) {}

    /// A few at a time, each round when the one before is through.
    std::vector<double> retry_all(const std::string& context) {
        for (int round = 0; round < rounds; ++round) {
            sql().rows(
                "SELECT tenon.submit_batch('slow', 'prompt', "
                "array_fill($1::json, ARRAY[$2::integer]))",
                {context, std::to_string(tasks_a_round)}
            );
            EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << host_->log();
        }
        EXPECT_THAT(audit_violations(sql()), IsEmpty());
        std::vector<double> milliseconds;
        for (const auto& row : sql().rows(pauses)) {
            milliseconds.push_back(std::stod(row.front().value()));
        }
        return milliseconds;
    }

    void report(const std::string& title, const std::vector<double>& pauses_ms) {
        std::cout << fmt::format(
                         "{}, {}: {} retries after {:.1f} ms (least), {:.1f} ms (p50), {:.1f} ms "
                         "(p99), {:.1f} ms (most)\n",
                         title,
                         GetParam(),
                         pauses_ms.size(),
                         pauses_ms.front(),
                         pauses_ms.at(pauses_ms.size() / 2),
                         pauses_ms.at(pauses_ms.size() * 99 / 100),
                         pauses_ms.back()
                     )
                  << std::flush;
    }

    const SlowWorkflows slow_;
    std::unique_ptr<HostProcess> host_;
};

TEST_P(RetryAccuracy, AWishOfTheHandlerIsMetWithinFiftyMilliseconds) {
    const auto context =
        fmt::format(R"({{"retry_after_ms": {}, {})", delay_ms, slow_.context(0ms).substr(1));
    const auto times = retry_all(context);
    ASSERT_THAT(times, SizeIs(rounds * tasks_a_round));
    report("retry_after 50 ms", times);
    EXPECT_GE(times.front(), delay_ms);
    EXPECT_LE(times.at(times.size() * 99 / 100), delay_ms + lateness_limit_ms);
}

TEST_P(RetryAccuracy, ABackoffOfFiftyMillisecondsEndsWithinFiftyToAHundred) {
    const auto times = retry_all(slow_.context(0ms));
    ASSERT_THAT(times, SizeIs(rounds * tasks_a_round));
    report("backoff 50 ms", times);
    EXPECT_GE(times.front(), delay_ms);
    EXPECT_LE(times.at(times.size() * 99 / 100), delay_ms + lateness_limit_ms);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    RetryAccuracy,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
