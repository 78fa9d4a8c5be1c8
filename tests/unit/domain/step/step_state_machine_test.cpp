#include "domain/step/step_state_machine.hpp"

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
pending                             enqueue                            enqueued
pending                             fail                               error
pending                             wait_for_retry                     waiting_for_retry
pending                             cancel                             cancelled
pending                             resolve_manually                   resolved_manually
pending                             complete_manually                  complete
enqueued                            start                              in_progress
enqueued                            fail                               error
enqueued                            wait_for_retry                     waiting_for_retry
enqueued                            cancel                             cancelled
enqueued                            resolve_manually                   resolved_manually
enqueued                            complete_manually                  complete
in_progress                         enqueue_for_orchestration          enqueued_for_orchestration
in_progress  enqueue_as_error_for_orchestration enqueued_as_error_for_orchestration
in_progress                         wait_for_retry                     waiting_for_retry
in_progress                         cancel                             cancelled
in_progress                         resolve_manually                   resolved_manually
in_progress                         complete_manually                  complete
enqueued_for_orchestration          complete                           complete
enqueued_for_orchestration          fail                               error
enqueued_for_orchestration          cancel                             cancelled
enqueued_for_orchestration          resolve_manually                   resolved_manually
enqueued_for_orchestration          complete_manually                  complete
enqueued_as_error_for_orchestration complete                           complete
enqueued_as_error_for_orchestration fail                               error
enqueued_as_error_for_orchestration wait_for_retry                     waiting_for_retry
enqueued_as_error_for_orchestration cancel                             cancelled
enqueued_as_error_for_orchestration resolve_manually                   resolved_manually
enqueued_as_error_for_orchestration complete_manually                  complete
waiting_for_retry                   retry                              pending
waiting_for_retry                   cancel                             cancelled
waiting_for_retry                   resolve_manually                   resolved_manually
waiting_for_retry                   complete_manually                  complete
complete                            resolve_manually                   resolved_manually
complete                            complete_manually                  complete
error                               retry                              pending
error                               reset_for_retry                    pending
error                               resolve_manually                   resolved_manually
error                               complete_manually                  complete
cancelled                           resolve_manually                   resolved_manually
cancelled                           complete_manually                  complete
resolved_manually                   resolve_manually                   resolved_manually
resolved_manually                   complete_manually                  complete
)";

std::map<std::pair<std::string, std::string>, std::string> read_law() {
    std::map<std::pair<std::string, std::string>, std::string> rows;
    std::istringstream text{std::string(law)};
    for (std::string from, event, to; text >> from >> event >> to;) {
        rows[{from, event}] = to;
    }
    return rows;
}

TEST(StepStateMachine, KeepsTheLawForEveryPairOfStateAndEvent) {
    const auto rows = read_law();
    ASSERT_EQ(rows.size(), 43U);
    std::size_t pairs = 0;
    for (const auto from : all_step_states) {
        for (const auto event : all_step_events) {
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
            EXPECT_EQ(next.error().detail, "step cannot " + name + " while " + state);
        }
    }
    EXPECT_EQ(pairs, 10U * 12U);
}

TEST(StepStateMachine, ReadsBackTheStatesItSpells) {
    for (const auto state : all_step_states) {
        EXPECT_EQ(parse_step_state(to_string(state)), state);
    }
    EXPECT_EQ(parse_step_state("unknown"), std::nullopt);
    EXPECT_EQ(parse_step_state(""), std::nullopt);
    EXPECT_EQ(parse_step_state("Pending"), std::nullopt);
}

TEST(StepStateMachine, HasFourTerminalStates) {
    std::vector<std::string_view> terminal;
    for (const auto state : all_step_states) {
        if (is_terminal(state)) {
            terminal.push_back(to_string(state));
        }
    }
    EXPECT_EQ(
        terminal,
        (std::vector<std::string_view>{"complete", "error", "cancelled", "resolved_manually"})
    );
}

TEST(StepStateMachine, ValueEscalatesAForbiddenMoveIntoAnException) {
    EXPECT_THROW(next_state(StepState::complete, StepEvent::start).value(), Exception);
}

// Every single hop between two states, held against the law.
TEST(StepStateMachine, AHopIsLegalWhenSomeEventMakesIt) {
    std::map<std::pair<std::string, std::string>, bool> hops;
    for (const auto& [pair, to] : read_law()) {
        hops[{pair.first, to}] = true;
    }
    for (const auto from : all_step_states) {
        for (const auto to : all_step_states) {
            const bool expected =
                hops.contains({std::string(to_string(from)), std::string(to_string(to))});
            EXPECT_EQ(is_legal_path(from, {}, to), expected)
                << to_string(from) << " to " << to_string(to);
        }
    }
}

TEST(StepStateMachine, ACreatingPathBeginsAsPending) {
    EXPECT_TRUE(is_legal_path(std::nullopt, {}, StepState::pending));
    for (const auto state : all_step_states) {
        EXPECT_EQ(is_legal_path(std::nullopt, {}, state), state == StepState::pending);
    }
}

// A limit of the lifecycle fails every step that is still open, running or not.
TEST(StepStateMachine, ALifecycleLimitLeadsToErrorFromEveryStateThatIsNotTerminal) {
    using enum StepState;
    const std::map<StepState, std::vector<StepState>> ways{
        {pending, {}},
        {enqueued, {}},
        {in_progress, {enqueued_as_error_for_orchestration}},
        {enqueued_for_orchestration, {}},
        {enqueued_as_error_for_orchestration, {}},
        {waiting_for_retry, {pending}},
    };
    for (const auto state : all_step_states) {
        ASSERT_EQ(ways.contains(state), !is_terminal(state)) << to_string(state);
        if (!is_terminal(state)) {
            EXPECT_TRUE(is_legal_path(state, ways.at(state), error)) << to_string(state);
        }
    }
    EXPECT_FALSE(is_legal_path(in_progress, {}, error));
    EXPECT_FALSE(is_legal_path(waiting_for_retry, {}, error));
}

TEST(StepStateMachine, OnlyAnOperatorOrARetryMovesASettledStep) {
    for (const auto state : all_step_states) {
        for (const auto event : all_step_events) {
            if (!is_terminal(state) || !next_state(state, event).has_value()) {
                continue;
            }
            const bool by_operator = event == StepEvent::reset_for_retry ||
                                     event == StepEvent::resolve_manually ||
                                     event == StepEvent::complete_manually;
            EXPECT_TRUE(by_operator || (state == StepState::error && event == StepEvent::retry))
                << to_string(state) << " + " << to_string(event);
        }
    }
}

TEST(StepStateMachine, SatisfiesItsSuccessorsWhenCompleteOrResolved) {
    for (const auto state : all_step_states) {
        EXPECT_EQ(
            satisfies_dependency(state),
            state == StepState::complete || state == StepState::resolved_manually
        ) << to_string(state);
    }
}

TEST(StepStateMachine, FollowsAPathOnlyThroughLegalHops) {
    using enum StepState;
    const std::vector<StepState> direct{enqueued_for_orchestration};
    EXPECT_TRUE(is_legal_path(in_progress, direct, complete));
    EXPECT_FALSE(is_legal_path(in_progress, direct, waiting_for_retry));
    const std::vector<StepState> failed{enqueued_as_error_for_orchestration};
    EXPECT_TRUE(is_legal_path(in_progress, failed, waiting_for_retry));
    const std::vector<StepState> due{pending, enqueued};
    EXPECT_TRUE(is_legal_path(waiting_for_retry, due, in_progress));
    const std::vector<StepState> skipped{pending};
    EXPECT_FALSE(is_legal_path(waiting_for_retry, skipped, in_progress));
    const std::vector<StepState> born{pending, enqueued};
    EXPECT_TRUE(is_legal_path(std::nullopt, born, in_progress));
    EXPECT_FALSE(is_legal_path(pending, born, in_progress));
}

// docs/state_machines.md lists every row but those that start almost everywhere.
TEST(StepStateMachine, IsDocumentedRowByRow) {
    std::ostringstream page;
    page << std::ifstream(TENON_SOURCE_DIR "/docs/state_machines.md").rdbuf();
    for (const auto from : all_step_states) {
        EXPECT_NE(
            page.str().find("| `" + std::string(to_string(from)) + "` | "), std::string::npos
        );
        for (const auto event : all_step_events) {
            const bool drawn_apart = event == StepEvent::cancel ||
                                     event == StepEvent::resolve_manually ||
                                     event == StepEvent::complete_manually;
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
