// How many tasks one call of tenon.submit_batch takes a second, with no disk to wait for.

#include "step_path_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <iostream>

namespace tenon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int tasks = 50'000;
constexpr double goal = 50'000;  ///< Tasks a second.

class BulkSubmission : public testing::StepPathTest {
protected:
    /// Tasks a second on a core of its own: the median of five calls.
    double rate(const std::string& name) {
        std::array<double, 5> rates{};
        std::array<double, 5> walls{};
        for (std::size_t i = 0; i < rates.size(); ++i) {
            const auto begun = Clock::now();
            const auto spent = cpu_of(sql().backend_pid());
            const auto made = sql().value(
                "SELECT cardinality(tenon.submit_batch($1, $2, "
                "array_fill('{}'::json, ARRAY[$3::integer]), ring => false))",
                {testing::test_namespace, name, std::to_string(tasks)}
            );
            walls[i] = tasks / std::chrono::duration<double>(Clock::now() - begun).count();
            rates[i] = tasks / (cpu_of(sql().backend_pid()) - spent).count();
            EXPECT_EQ(made, std::to_string(tasks));
        }
        std::ranges::sort(rates);
        std::ranges::sort(walls);
        std::cout << fmt::format(
                         "{}: {:.0f} tasks/s by the server's CPU ({:.0f} to {:.0f}), {:.0f} by the "
                         "clock; medians of 5 calls of {}\n",
                         name,
                         rates[2],
                         rates.front(),
                         rates.back(),
                         walls[2],
                         tasks
                     )
                  << std::flush;
        return rates[2];
    }
};

TEST_F(BulkSubmission, TakesFiftyThousandTasksASecond) {
    enroll(testing::workflow("single", {testing::step("only")}));
    enroll(testing::diamond());
    EXPECT_GE(rate("single"), goal);
    rate("diamond");
}

}  // namespace
}  // namespace tenon
