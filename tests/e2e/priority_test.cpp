// Which task goes first when there is room for one.

#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tenon::testing {
namespace {

using ::testing::ElementsAre;

class Priority : public DatabaseTest {
protected:
    Priority() {
        // Registers the templates; nothing runs yet.
        start_host({.database_url = conninfo(), .plugins = {}, .templates = slow_.templates()})
            ->stop();
    }

    std::string submit(int priority) {
        const auto context = R"({"ms":1,"journal":")" + slow_.templates() + "/order\"}";
        return sql().value(
            "SELECT tenon.submit('slow', 'single', $1, priority => $2, ring => false)",
            {context, std::to_string(priority)}
        );
    }

    /// The tasks in the order in which their steps began, on a host with one slot.
    std::vector<std::string> order_of(std::size_t tasks) {
        const auto host = start_host(
            {.database_url = conninfo(),
             .plugins = SlowWorkflows::plugins(),
             .more = {"--slots", "1"}}
        );
        std::vector<std::string> order;
        EXPECT_TRUE(eventually([&] {
            order = begun();
            return order.size() == tasks;
        }));
        return order;
    }

    const SlowWorkflows slow_;

private:
    std::vector<std::string> begun() const {
        std::ifstream file(slow_.templates() + "/order");
        std::vector<std::string> order;
        for (std::string line; std::getline(file, line);) {
            order.push_back(line.substr(0, 32) + "0000");
        }
        return order;
    }
};

TEST_F(Priority, TheHigherOneRunsFirstAndEqualsInTheirOrder) {
    const auto normal = submit(0);
    const auto low = submit(-100);
    const auto high = submit(100);
    const auto later = submit(0);
    EXPECT_THAT(order_of(4), ElementsAre(high, normal, later, low));
}

TEST_F(Priority, AnOldTaskOfLowPriorityIsNotStarved) {
    const auto low = submit(-100);
    // As if it had been submitted eleven minutes ago: older than the greatest head start.
    sql().exec("UPDATE pgmq.q_slow_queue SET vt = vt - interval '11 minutes'");
    const auto high = submit(100);
    const auto normal = submit(0);
    EXPECT_THAT(order_of(3), ElementsAre(low, high, normal));
}

}  // namespace
}  // namespace tenon::testing
