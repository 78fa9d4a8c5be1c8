#include "step_path_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <numeric>
#include <span>

namespace tenon {
namespace {

using testing::succeeded;
using testing::TestHost;

constexpr std::size_t width = 10'000;
constexpr std::size_t batch = 100;
constexpr std::size_t edge = 500;  ///< Completions at either end that are compared.

/// A start, ten thousand steps that wait for it, and one that waits for them all.
class WidthTest : public testing::StepPathTest {
protected:
    /// Works off the queue a batch at a time, as a host with so many slots does: settles one and
    /// claims the next in one call. Adds the CPU that the database spent on each call; returns
    /// what the last one brought.
    static std::vector<ClaimedStep> work_off(TestHost& host, std::vector<double>& costs) {
        auto claims = host.claim(batch);
        while (claims.size() == batch) {
            const auto before = cpu_of(host.gateway().backend_pid());
            claims = host.succeed(claims, batch).claimed;
            costs.push_back((cpu_of(host.gateway().backend_pid()) - before).count());
        }
        return claims;
    }

    static double median(std::span<const double> costs) {
        std::vector<double> sorted(costs.begin(), costs.end());
        std::ranges::sort(sorted);
        return sorted.at(sorted.size() / 2);
    }
};

TEST_F(WidthTest, TheLastOfTenThousandParallelStepsCostWhatTheFirstDid) {
    enroll(testing::fan(width));
    const auto task = submit("fan");
    const auto begun = std::chrono::steady_clock::now();
    TestHost host(conninfo());
    const auto start = host.claim(1);
    ASSERT_EQ(start.size(), 1U);
    EXPECT_THAT(host.settle({succeeded(start.front(), "1")}).claimed, ::testing::IsEmpty());
    std::vector<double> costs;
    const auto join = work_off(host, costs);
    ASSERT_EQ(costs.size(), width / batch);
    ASSERT_EQ(join.size(), 1U);
    EXPECT_EQ(join.front().dependencies.size(), width);
    EXPECT_EQ(host.succeed(join, 1).finished.size(), 1U);
    EXPECT_EQ(task_state(task), "complete");
    const auto count = edge / batch;
    const auto first = median(std::span(costs).first(count));
    const auto last = median(std::span(costs).last(count));

    std::cout
        << fmt::format(
               "{} wide: {:.1f} s in all; a batch of {} cost {:.2f} ms of CPU at first, "
               "{:.2f} ms at last\n",
               width,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(),
               batch,
               first * 1e3,
               last * 1e3
           )
        << std::flush;
    EXPECT_LE(last, 2 * first);
}

}  // namespace
}  // namespace tenon
