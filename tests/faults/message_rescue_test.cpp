// How long messages that a host of the orchestration role had read wait when it is killed.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <iostream>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;

constexpr int messages = 20;
constexpr double rescue_limit_ms = 1000;

class MessageRescue : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> orchestration() {
        return start_host(
            {.database_url = conninfo(),
             .role = "orchestration",
             .plugins = "",
             .templates = HostProcess::example_templates()}
        );
    }

    /// Puts requests on their queue that look as if a host had just read them.
    void read_and_forget() {
        sql().rows(
            "WITH sent AS (SELECT pgmq.send('orchestration_task_requests', '{\"namespace\": "
            "\"linear_workflow\", \"name\": \"mathematical_sequence\", "
            "\"context\": {\"even_number\": 6}}', 3600) FROM generate_series(1, $1)) "
            "SELECT count(*) FROM sent",
            {std::to_string(messages)}
        );
        sql().exec(
            "UPDATE pgmq.q_orchestration_task_requests "
            "SET read_ct = 1, vt = clock_timestamp() + interval '30 s'"
        );
    }

    void expect_prompt_rescue(HostProcess& victim, const HostProcess& survivor) {
        read_and_forget();
        const auto killed_at = sql().value("SELECT clock_timestamp()");
        victim.kill_hard();
        const auto made = [&] { return sql().value("SELECT count(*) FROM tenon.tasks"); };
        ASSERT_TRUE(eventually([&] { return made() == std::to_string(messages); }))
            << survivor.log();
        const auto longest = std::stod(sql().value(
            "SELECT extract(epoch FROM max(created_at) - $1::timestamptz) * 1000 FROM tenon.tasks",
            {killed_at}
        ));
        std::cout << "messages waited " << longest << " ms (longest)" << std::endl;
        EXPECT_LE(longest, rescue_limit_ms) << survivor.log();
        EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_orchestration_task_requests"), "0");
        EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.a_orchestration_task_requests"), "0");
        EXPECT_THAT(audit_violations(sql()), IsEmpty());
    }
};

TEST_F(MessageRescue, OfTheRescuerItselfIsPrompt) {
    const auto rescuer = orchestration();
    const auto other = orchestration();
    expect_prompt_rescue(*rescuer, *other);
}

TEST_F(MessageRescue, ByTheRescuerIsPrompt) {
    const auto rescuer = orchestration();
    const auto other = orchestration();
    expect_prompt_rescue(*other, *rescuer);
}

TEST_F(MessageRescue, AtTheNextStartIsPromptWhenNobodyIsLeft) {
    auto host = orchestration();
    read_and_forget();
    host->kill_hard();
    host = orchestration();
    EXPECT_TRUE(eventually([&] {
        return sql().value("SELECT count(*) FROM tenon.tasks") == std::to_string(messages);
    })) << host->log();
}

}  // namespace
}  // namespace tenon::testing
