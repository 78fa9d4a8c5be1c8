#include "arena/campaign.hpp"

#include "support/audit.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;

constexpr std::size_t most_problems = 3;

}  // namespace

void Campaign::make_room() {
    while (trials_.size() >= most_trials_) {
        end_first_trial();
    }
}

void Campaign::begin_trial(const std::string& tag) {
    tasks_ += Trial::tasks;
    const auto name = fmt::format("{} ({})", tag, tasks_);
    trials_.push_back(std::async(std::launch::async, [this, name] {
        return Trial(arena_, name, door_).run();
    }));
}

void Campaign::end_first_trial() {
    for (const auto& problem : trials_.front().get()) {
        ADD_FAILURE() << problem << "\n" << arena_.logs();
        ++problems_;
    }
    trials_.pop_front();
}

void Campaign::end_all_trials() {
    while (!trials_.empty()) {
        end_first_trial();
    }
}

bool Campaign::hopeless() const noexcept {
    return problems_ > most_problems;
}

void Campaign::expect_everything_right() {
    end_all_trials();
    EXPECT_TRUE(eventually([&] { return leftovers().empty(); })) << leftovers() << arena_.logs();
    EXPECT_THAT(wrong_results(arena_.sql()), IsEmpty());
    EXPECT_THAT(audit_violations(arena_.sql()), IsEmpty());
    EXPECT_THAT(event_violations(arena_.sql()), IsEmpty());
    EXPECT_NE(arena_.sql().value("SELECT count(*) FROM pgmq.q_slow_domain_events"), "0");
    EXPECT_EQ(arena_.sql().value("SELECT count(*) FROM tenon.tasks"), std::to_string(tasks_))
        << "a task was lost or made twice";
}

std::string Campaign::summary() {
    return fmt::format(
        "{} tasks, {} steps tried more than twice",
        tasks_,
        arena_.sql().value("SELECT count(*) FROM tenon.workflow_steps WHERE attempts > 2")
    );
}

/// Messages, timers and claims of tasks that have ended.
std::string Campaign::leftovers() {
    return arena_.sql().value(
        "SELECT concat_ws(', ', "
        "(SELECT count(*) || ' messages' FROM pgmq.q_slow_queue HAVING count(*) > 0), "
        "(SELECT count(*) || ' results' FROM pgmq.q_orchestration_step_results "
        " HAVING count(*) > 0), "
        "(SELECT count(*) || ' finalizations' FROM pgmq.q_orchestration_task_finalizations "
        " HAVING count(*) > 0), "
        "(SELECT count(*) || ' requests' FROM pgmq.q_orchestration_task_requests "
        " HAVING count(*) > 0), "
        "(SELECT count(*) || ' timers' FROM tenon.due HAVING count(*) > 0), "
        "(SELECT count(*) || ' steps in progress' FROM tenon.workflow_steps "
        " WHERE state = 'in_progress' HAVING count(*) > 0))"
    );
}

}  // namespace tenon::testing
