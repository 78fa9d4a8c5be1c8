#include "orchestration/web/operation_body.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tenon::orchestration {
namespace {

struct BadBody {
    std::string body;
    std::string refusal;
};

template <class Parsed>
void expect_refusals(Result<Parsed> (*parse)(std::string_view), const std::vector<BadBody>& table) {
    for (const auto& [body, refusal] : table) {
        const auto parsed = parse(body);
        ASSERT_FALSE(parsed.has_value()) << body;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input) << body;
        EXPECT_EQ(parsed.error().detail, refusal) << body;
    }
}

TEST(ParseIntervention, MayBeLeftOutInPartOrAsAWhole) {
    for (const std::string_view body : {"", "{}", R"({"by":null,"reason":null})", R"({"by":""})"}) {
        const auto nothing = parse_intervention(body).value();
        EXPECT_EQ(nothing.by, "operator") << body;
        EXPECT_EQ(nothing.reason, "") << body;
    }
    const auto both = parse_intervention(R"({"reason":"zu sp\u00e4t","by":"ada"})").value();
    EXPECT_EQ(both.by, "ada");
    EXPECT_EQ(both.reason, "zu spät");
    EXPECT_EQ(parse_dead_letter_note(R"({"notes":"odd"})").value().reason, "odd");
}

TEST(ParseIntervention, RefusesWithTheNameOfTheMember) {
    expect_refusals(
        &parse_intervention,
        {
            {"[]", "the body must be a JSON object, not []"},
            {R"({"reasn":"x"})",
             "unknown member 'reasn' in the body (did you mean 'reason'?); the known ones are by, "
             "reason"},
            {R"({"by":7})", "'by' of the body must be a string, not 7"},
            {R"({"by":"a\nb"})",
             R"('by' of the body must be a string without control characters, not "a\nb")"},
            {R"({"by":")" + std::string(256, 'x') + "\"}",
             "'by' of the body must be a string of at most 255 bytes, not a string of 258 bytes"},
            {R"({"reason":")" + std::string(4097, 'x') + "\"}",
             "'reason' of the body must be a string of at most 4096 bytes, not a string of 4099 "
             "bytes"},
            {R"({"by":"a","by":"b"})", "'by' is given twice in the body; give it once"},
        }
    );
}

TEST(ParseStepRepair, ReadsWhoDidItByTheNameOfTheAction) {
    const auto reset =
        parse_step_repair(R"({"action_type":"reset_for_retry","reset_by":"ada","reason":"r"})")
            .value();
    EXPECT_EQ(reset.action, StepAction::reset_for_retry);
    EXPECT_EQ(reset.intervention.by, "ada");
    EXPECT_EQ(reset.intervention.reason, "r");
    const auto resolved =
        parse_step_repair(R"({"action_type":"resolve_manually","resolved_by":"bob"})").value();
    EXPECT_EQ(resolved.action, StepAction::resolve_manually);
    EXPECT_EQ(resolved.intervention.by, "bob");
    EXPECT_EQ(resolved.intervention.reason, "");
}

TEST(ParseStepRepair, KeepsTheResultToTheLastDigit) {
    const auto with_result = [](const std::string& result) {
        return parse_step_repair(
                   R"({"action_type":"complete_manually","completed_by":"eve",)"
                   R"("completion_data":{"result":)" +
                   result + "}}"
        )
            .value();
    };
    EXPECT_EQ(
        with_result("63340286662973277706162286946811886609896461828096").result_json,
        "63340286662973277706162286946811886609896461828096"
    );
    EXPECT_EQ(with_result(R"({ "a" : 1.10 })").result_json, R"({ "a" : 1.10 })");
    EXPECT_EQ(with_result("null").result_json, "null") << "a result too";
    EXPECT_EQ(with_result("1").action, StepAction::complete_manually);
    EXPECT_EQ(with_result("1").intervention.by, "eve");
}

TEST(ParseStepRepair, RefusesWhatWouldBeDroppedInSilence) {
    expect_refusals(
        &parse_step_repair,
        {
            {"",
             "'action_type' is missing in the body; it must be reset_for_retry, resolve_manually "
             "or complete_manually"},
            {R"({"action_type":"retry"})",
             "'action_type' of the body must be reset_for_retry, resolve_manually or "
             "complete_manually, not \"retry\""},
            {R"({"action_type":1})",
             "'action_type' of the body must be reset_for_retry, resolve_manually or "
             "complete_manually, not 1"},
            {R"({"action_type":"reset_for_retry","resolved_by":"a"})",
             "'resolved_by' does not belong to reset_for_retry; use 'reset_by'"},
            {R"({"action_type":"resolve_manually","completion_data":{"result":1}})",
             "'completion_data' does not belong to resolve_manually; leave it out, or use "
             "complete_manually"},
            {R"({"action_type":"complete_manually"})",
             "'completion_data' is missing in the body; give the result as "
             "{\"completion_data\":{\"result\":…}}"},
            {R"({"action_type":"complete_manually","completion_data":5})",
             "'completion_data' must be a JSON object, not 5"},
            {R"({"action_type":"complete_manually","completion_data":{}})",
             "'result' is missing in 'completion_data'; null is one too"},
            {R"({"action_type":"complete_manually","completion_data":{"result":1,"meta":2}})",
             "unknown member 'meta' in 'completion_data'; the known ones are result"},
        }
    );
}

TEST(ParseDeadLetterUpdate, NeedsAStatus) {
    const auto update =
        parse_dead_letter_update(
            R"({"resolution_status":"permanently_failed","resolution_notes":"n","resolved_by":"a"})"
        )
            .value();
    EXPECT_EQ(update.status, ResolutionStatus::permanently_failed);
    EXPECT_EQ(update.intervention.by, "a");
    EXPECT_EQ(update.intervention.reason, "n");
    expect_refusals(
        &parse_dead_letter_update,
        {
            {"{}",
             "'resolution_status' is missing in the body; it must be pending, manually_resolved, "
             "permanently_failed or cancelled"},
            {R"({"resolution_status":"done"})",
             "'resolution_status' of the body must be pending, manually_resolved, "
             "permanently_failed or cancelled, not \"done\""},
        }
    );
}

}  // namespace
}  // namespace tenon::orchestration
