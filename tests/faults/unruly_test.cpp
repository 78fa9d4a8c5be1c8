// Handlers that misbehave, and the host that stays intact: what becomes of their steps, and that
// others are served meanwhile.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/unruly_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Unruly : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host(std::vector<std::string> more = {}) {
        return start_host(
            {.database_url = conninfo(),
             .plugins = UnrulyWorkflows::plugins(),
             .templates = unruly_.templates(),
             .more = std::move(more)}
        );
    }

    std::string of_step(const std::string& task, const std::string& expression) {
        return sql().value(
            "SELECT " + expression + " FROM tenon.workflow_steps WHERE task_uuid = $1", {task}
        );
    }

    bool await_state(const std::string& task, const std::string& state) {
        return eventually([&] { return of_step(task, "state") == state; });
    }

    /// Submits steps that behave, and waits until they are done.
    bool serves_others(int count = 20) {
        const auto before = done();
        unruly_.submit(sql(), "span", count, 5ms);
        return eventually([&] { return done() == before + count; });
    }

    int done() {
        return std::stoi(
            sql().value("SELECT count(*) FROM tenon.tasks AS t "
                        "JOIN tenon.task_templates AS tt ON tt.template_id = t.template_id "
                        "WHERE tt.name = 'span' AND t.state = 'complete'")
        );
    }

    const UnrulyWorkflows unruly_;
};

TEST_F(Unruly, AHandlerThatIgnoresItsLimitKeepsItsSlotAndLosesItsStep) {
    const auto worker = host({"--slots", "2"});
    const auto task = unruly_.submit(sql(), "deaf");
    ASSERT_TRUE(eventually([&] { return unruly_.calls("deaf").size() == 1; })) << worker->log();
    EXPECT_TRUE(serves_others());
    // One second, then five for it to notice: its step is settled, and tried again by the template.
    EXPECT_TRUE(await_state(task, "complete")) << of_step(task, "failure") << worker->log();
    EXPECT_EQ(of_step(task, "result"), "2") << "the second attempt's";
    EXPECT_EQ(of_step(task, "attempts"), "2");
    EXPECT_EQ(of_step(task, "failure ->> 'error_code'"), "handler_timeout");

    const auto before = unruly_.calls("span").size();
    EXPECT_TRUE(serves_others());
    auto spans = unruly_.calls("span");
    spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(before));
    EXPECT_EQ(most_at_once(spans), 1) << "the other slot is taken by a handler that still runs";

    // It returns late: nothing comes of that but a count, and its slot.
    unruly_.open_gate();
    EXPECT_TRUE(eventually([&] {
        return sql().value("SELECT stats ->> 'late' FROM tenon.hosts") == "1";
    })) << worker->log();
    EXPECT_TRUE(worker->logged("ended after it had been given up"));
    EXPECT_EQ(of_step(task, "result"), "2");
    EXPECT_TRUE(serves_others());
    EXPECT_EQ(most_at_once(unruly_.calls("span")), 2);
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Unruly, AHandlerThatNeverReturnsCannotKeepTheHost) {
    auto worker = host({"--stop-ms", "100", "--kill-ms", "200"});
    const auto task = unruly_.submit(sql(), "eternal");
    ASSERT_TRUE(eventually([&] { return unruly_.calls("deaf").size() == 1; })) << worker->log();
    EXPECT_TRUE(serves_others());
    const auto step = unruly_.calls("deaf").front().step;
    const auto begin = Clock::now();
    EXPECT_EQ(worker->stop(), 6) << "it says that it left a step\n" << worker->log();
    EXPECT_LT(Clock::now() - begin, 10s);
    EXPECT_THAT(
        worker->log(), HasSubstr("1 cancelled of which 0 given back, 1 unsettled: " + step)
    );
    EXPECT_TRUE(worker->logged(" stopped\n"));

    // The step began, so the attempt counts; the next host has the second and last one.
    worker = host();
    EXPECT_TRUE(await_state(task, "complete")) << of_step(task, "failure") << worker->log();
    EXPECT_EQ(of_step(task, "attempts"), "2");
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Unruly, AHandlerThatBeatsForeverEndsAtItsLongestRun) {
    const auto worker = host();
    const auto task = unruly_.submit(sql(), "tireless");
    EXPECT_TRUE(serves_others());
    EXPECT_TRUE(await_state(task, "error")) << worker->log();
    EXPECT_EQ(of_step(task, "failure ->> 'error_code'"), "handler_timeout");
    EXPECT_GE(std::stoi(of_step(task, "execution_us")), 1'000'000);
    EXPECT_LE(std::stoi(of_step(task, "execution_us")), 2'000'000)
        << "its limit between two beats is 30 s";
    EXPECT_TRUE(serves_others());
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

class UnrulyInProfile : public Unruly, public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    UnrulyInProfile,
    ::testing::Values("direct", "queued"),
    [](const auto& info) { return info.param; }
);

TEST_P(UnrulyInProfile, AHandlerThatYieldsWhereItStandsFailsAtTheTenthTime) {
    const auto worker = host({"--profile", GetParam()});
    const auto task = unruly_.submit(sql(), "stuck");
    EXPECT_TRUE(await_state(task, "error")) << worker->log();
    EXPECT_EQ(of_step(task, "failure ->> 'error_code'"), "NO_PROGRESS");
    EXPECT_EQ(of_step(task, "attempts - yields"), "1") << "yields still count no attempt";
    // The first call stores what was not there before; the ten that follow store it again.
    EXPECT_EQ(of_step(task, "yields"), "10");
    EXPECT_TRUE(serves_others());
    EXPECT_EQ(worker->stop(), 0) << worker->log();
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
