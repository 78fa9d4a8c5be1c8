#include "domain/task/task_state_machine.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tenon {
namespace {

// The law in text: state, event, next state. Every other pair is forbidden.
constexpr std::string_view law = R"(
pending                  start                 initializing
pending                  cancel                cancelled
initializing             ready_steps_found     enqueuing_steps
initializing             no_steps_found        complete
initializing             no_dependencies_ready waiting_for_dependencies
initializing             cancel                cancelled
enqueuing_steps          steps_enqueued        steps_in_process
enqueuing_steps          enqueue_failed        error
enqueuing_steps          cancel                cancelled
steps_in_process         step_completed        evaluating_results
steps_in_process         all_steps_completed   evaluating_results
steps_in_process         step_failed           waiting_for_retry
steps_in_process         cancel                cancelled
evaluating_results       ready_steps_found     enqueuing_steps
evaluating_results       no_dependencies_ready waiting_for_dependencies
evaluating_results       all_steps_successful  complete
evaluating_results       permanent_failure     blocked_by_failures
evaluating_results       cancel                cancelled
waiting_for_dependencies dependencies_ready    evaluating_results
waiting_for_dependencies cancel                cancelled
waiting_for_retry        retry_ready           enqueuing_steps
waiting_for_retry        cancel                cancelled
blocked_by_failures      give_up               error
blocked_by_failures      manual_resolution     resolved_manually
blocked_by_failures      cancel                cancelled
blocked_by_failures      repair                evaluating_results
error                    redrive               pending
)";

std::map<std::pair<std::string, std::string>, std::string> read_law() {
    std::map<std::pair<std::string, std::string>, std::string> rows;
    std::istringstream text{std::string(law)};
    for (std::string from, event, to; text >> from >> event >> to;) {
        rows[{from, event}] = to;
    }
    return rows;
}

TEST(TaskStateMachine, KeepsTheLawForEveryPairOfStateAndEvent) {
    const auto rows = read_law();
    ASSERT_EQ(rows.size(), 27U);
    std::size_t pairs = 0;
    for (const auto from : all_task_states) {
        for (const auto event : all_task_events) {
            const std::string state(to_string(from));
            const std::string name(to_string(event));
            const auto expected = rows.find({state, name});
            const auto next = next_state(from, event);
            ++pairs;
            ASSERT_EQ(next.has_value(), expected != rows.end()) << state << " + " << name;
            if (next.has_value()) {
                EXPECT_EQ(to_string(*next), expected->second) << state << " + " << name;
                continue;
            }
            EXPECT_EQ(next.error().code, ErrorCode::invalid_transition);
            EXPECT_EQ(next.error().detail, "task cannot " + name + " while " + state);
        }
    }
    EXPECT_EQ(pairs, 12U * 20U);
}

TEST(TaskStateMachine, ReadsBackTheStatesItSpells) {
    for (const auto state : all_task_states) {
        EXPECT_EQ(parse_task_state(to_string(state)), state);
    }
    EXPECT_EQ(parse_task_state("unknown"), std::nullopt);
    EXPECT_EQ(parse_task_state(""), std::nullopt);
    EXPECT_EQ(parse_task_state("Pending"), std::nullopt);
}

TEST(TaskStateMachine, HasFourTerminalStates) {
    std::vector<std::string_view> terminal;
    for (const auto state : all_task_states) {
        if (is_terminal(state)) {
            terminal.push_back(to_string(state));
        }
    }
    EXPECT_EQ(
        terminal,
        (std::vector<std::string_view>{"complete", "error", "cancelled", "resolved_manually"})
    );
}

TEST(TaskStateMachine, ValueEscalatesAForbiddenMoveIntoAnException) {
    EXPECT_THROW(next_state(TaskState::complete, TaskEvent::start).value(), Exception);
}

// Every single hop between two states, held against the law.
TEST(TaskStateMachine, AHopIsLegalWhenSomeEventMakesIt) {
    std::map<std::pair<std::string, std::string>, bool> hops;
    for (const auto& [pair, to] : read_law()) {
        hops[{pair.first, to}] = true;
    }
    for (const auto from : all_task_states) {
        for (const auto to : all_task_states) {
            const bool expected =
                hops.contains({std::string(to_string(from)), std::string(to_string(to))});
            EXPECT_EQ(is_legal_path(from, {}, to), expected)
                << to_string(from) << " to " << to_string(to);
        }
    }
}

TEST(TaskStateMachine, ACreatingPathBeginsAsPending) {
    EXPECT_TRUE(is_legal_path(std::nullopt, {}, TaskState::pending));
    for (const auto state : all_task_states) {
        EXPECT_EQ(is_legal_path(std::nullopt, {}, state), state == TaskState::pending);
    }
}

TEST(TaskStateMachine, LeavesTerminalStatesAloneButForTheRedriveOfAnError) {
    for (const auto state : all_task_states) {
        for (const auto event : all_task_events) {
            if (is_terminal(state)) {
                const bool redriven = state == TaskState::error && event == TaskEvent::redrive;
                EXPECT_EQ(next_state(state, event).has_value(), redriven)
                    << to_string(state) << " + " << to_string(event);
            }
        }
    }
}

TEST(TaskStateMachine, ARepairedTaskIsJudgedAgainByItsSteps) {
    using enum TaskState;
    const std::vector<TaskState> judged{evaluating_results};
    EXPECT_TRUE(is_legal_path(blocked_by_failures, judged, complete));
    EXPECT_TRUE(is_legal_path(blocked_by_failures, judged, waiting_for_dependencies));
    EXPECT_FALSE(is_legal_path(blocked_by_failures, {}, complete));
    const std::vector<TaskState> run_again{evaluating_results, enqueuing_steps};
    EXPECT_TRUE(is_legal_path(blocked_by_failures, run_again, steps_in_process));
}

TEST(TaskStateMachine, ARedrivenTaskBeginsAgainAsANewOneDoes) {
    using enum TaskState;
    const std::vector<TaskState> again{pending, initializing, enqueuing_steps};
    EXPECT_TRUE(is_legal_path(error, again, steps_in_process));
    for (const auto ended : {complete, cancelled, resolved_manually}) {
        EXPECT_FALSE(is_legal_path(ended, again, steps_in_process)) << to_string(ended);
    }
}

// A limit of the lifecycle ends a task wherever it waits.
TEST(TaskStateMachine, ALifecycleLimitLeadsToErrorFromWhereverATaskWaits) {
    using enum TaskState;
    const std::vector<TaskState> judged{evaluating_results, blocked_by_failures};
    EXPECT_TRUE(is_legal_path(steps_in_process, judged, error));
    EXPECT_TRUE(is_legal_path(waiting_for_dependencies, judged, error));
    const std::vector<TaskState> woken{
        enqueuing_steps, steps_in_process, evaluating_results, blocked_by_failures
    };
    EXPECT_TRUE(is_legal_path(waiting_for_retry, woken, error));
    EXPECT_TRUE(is_legal_path(blocked_by_failures, {}, error));
}

TEST(TaskStateMachine, FollowsAPathOnlyThroughLegalHops) {
    using enum TaskState;
    const std::vector<TaskState> submitted{pending, initializing, enqueuing_steps};
    EXPECT_TRUE(is_legal_path(std::nullopt, submitted, steps_in_process));
    const std::vector<TaskState> finished{evaluating_results};
    EXPECT_TRUE(is_legal_path(steps_in_process, finished, complete));
    const std::vector<TaskState> next_wave{evaluating_results, enqueuing_steps};
    EXPECT_TRUE(is_legal_path(steps_in_process, next_wave, steps_in_process));
    const std::vector<TaskState> given_up{evaluating_results, blocked_by_failures};
    EXPECT_TRUE(is_legal_path(steps_in_process, given_up, error));
    EXPECT_FALSE(is_legal_path(steps_in_process, {}, complete));
    const std::vector<TaskState> revived{complete, evaluating_results};
    EXPECT_FALSE(is_legal_path(steps_in_process, revived, complete));
}

// docs/state_machines.md lists every row but those that start almost everywhere.
TEST(TaskStateMachine, IsDocumentedRowByRow) {
    std::ostringstream page;
    page << std::ifstream(TENON_SOURCE_DIR "/docs/state_machines.md").rdbuf();
    for (const auto from : all_task_states) {
        EXPECT_NE(
            page.str().find("| `" + std::string(to_string(from)) + "` | "), std::string::npos
        );
        for (const auto event : all_task_events) {
            const bool drawn_apart = event == TaskEvent::cancel;
            const auto next = next_state(from, event);
            if (drawn_apart || !next.has_value()) {
                continue;
            }
            const auto row = "| `" + std::string(to_string(from)) + "` | `" +
                             std::string(to_string(event)) + "` | `" +
                             std::string(to_string(*next)) + "` |\n";
            EXPECT_NE(page.str().find(row), std::string::npos) << row;
        }
    }
}

}  // namespace
}  // namespace tenon
