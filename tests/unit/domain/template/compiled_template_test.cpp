#include "domain/template/compiled_template.hpp"

#include "domain/template/template_definition.hpp"
#include "domain/template/template_parser.hpp"
#include "foundation/sha256.hpp"
#include "unit/domain/template/seed_template.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace tenon {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

CompiledTemplate compiled(std::string_view yaml) {
    return compile(parse_template(yaml, "t.yaml").value()).value();
}

StepTemplate step_named(std::string name) {
    StepTemplate step;
    step.name = std::move(name);
    step.callable = "x";
    return step;
}

TaskTemplate minimal() {
    TaskTemplate source;
    source.namespace_name = "ns";
    source.name = "t";
    source.version = "1.0.0";
    source.steps = {step_named("a")};
    return source;
}

std::string refusal(TaskTemplate source) {
    const auto result = compile(std::move(source));
    return result.has_value() ? "ok" : result.error().detail;
}

TEST(CompiledTemplate, GivesStepsByNumberAndByName) {
    const auto linear = compiled(testing::symbol_style);
    EXPECT_EQ(linear.step_count(), 2U);
    EXPECT_EQ(linear.step(1).name, "step_1");
    EXPECT_EQ(linear.step(2).callable, "linear::LinearStep2Handler");
    EXPECT_EQ(linear.find("step_2"), StepNo{2});
    EXPECT_EQ(linear.find("step_1"), StepNo{1});
    EXPECT_EQ(linear.find("step_3"), std::nullopt);
    EXPECT_EQ(linear.find(""), std::nullopt);
}

TEST(CompiledTemplate, WritesTheCanonicalDefinition) {
    EXPECT_EQ(
        compile(minimal()).value().definition_json(),
        R"({"description":"","metadata":{},"name":"t","namespace_name":"ns","steps":[)"
        R"({"dependencies":[],"description":"","handler":{"callable":"x","initialization":{},)"
        R"("method":"call"},"name":"a","retry":{"backoff":"exponential","backoff_base_ms":1000,)"
        R"("max_attempts":3,"max_backoff_ms":30000,"retryable":true},"timeout_seconds":30}],)"
        R"("version":"1.0.0"})"
    );
}

TEST(CompiledTemplate, HashesWhatTheTemplateMeansNotHowItIsWritten) {
    const auto symbols = compiled(testing::symbol_style);
    const auto plain = compiled(testing::plain_style);
    EXPECT_EQ(symbols.definition_json(), plain.definition_json());
    EXPECT_EQ(symbols.content_hash(), plain.content_hash());
    EXPECT_EQ(symbols.content_hash(), sha256_hex(symbols.definition_json()));
}

TEST(CompiledTemplate, HashesEveryChangeOfMeaning) {
    const auto unchanged = compile(minimal()).value().content_hash();
    const auto changed = [&unchanged](auto change) {
        auto source = minimal();
        change(source);
        return compile(std::move(source)).value().content_hash() != unchanged;
    };
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.version = "1.0.1"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.description = "d"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.metadata_json = R"({"a":1})"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.input_schema_json = "{}"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.reserved_json = R"({"task_handler":{}})"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.identity_strategy = IdentityStrategy::strict; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.lifecycle.max_duration = 1min; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) {
        t.lifecycle.staleness_action = StalenessAction::none;
    }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].retry.non_retryable = {"E"}; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].retry.max_attempts = 0; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].name = "b"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].method = "m"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].resolver = "r"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].initialization_json = R"({"a":1})"; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].retry.retryable = false; }));
    EXPECT_TRUE(changed([](TaskTemplate& t) { t.steps[0].timeout = std::chrono::seconds(31); }));
    EXPECT_FALSE(changed([](TaskTemplate& t) { t.metadata_json = " { } "; }));
}

TEST(CompiledTemplate, RegistersWithNumbersForNames) {
    const auto registration = json::parse(registration_json(compiled(R"(
name: diamond
namespace_name: shapes
version: 1.2.3
description: "four \"steps\""
input_schema: {type: object}
steps:
  - {name: end, handler: {callable: E}, dependencies: [left, right]}
  - {name: left, handler: {callable: L, initialization: {k: [1.0, é]}}, dependencies: [start]}
  - {name: right, handler: {callable: R, method: go}, dependencies: [start],
     retry: {retryable: false, limit: 1, backoff: none, backoff_base_ms: 200,
             max_backoff_ms: 300}, timeout_seconds: 7}
  - {name: start, handler: {callable: S}}
)")));
    EXPECT_EQ(registration["namespace"], "shapes");
    EXPECT_EQ(registration["name"], "diamond");
    EXPECT_EQ(registration["version"], "1.2.3");
    EXPECT_EQ(registration["description"], "four \"steps\"");
    EXPECT_EQ(registration["input_schema"], json({{"type", "object"}}));
    EXPECT_EQ(registration["content_hash"], sha256_hex(registration["definition"].dump()));
    EXPECT_EQ(registration["definition"]["steps"][0]["name"], "end");
    EXPECT_EQ(registration["identity_strategy"], "always_unique");
    EXPECT_EQ(registration["lifecycle"], json::object());
    EXPECT_EQ(registration.size(), 10U);

    const auto expected = json::parse(R"([
        {"step_no":1,"name":"start","callable":"S","method":"call","initialization":{},
         "dependencies":[],"successors":[2,3],"ancestors":[],"level":0,"retryable":true,
         "max_attempts":3,"backoff":"exponential","backoff_base_ms":1000,"max_backoff_ms":30000,
         "non_retryable":[],"timeout_ms":30000,"events":[]},
        {"step_no":2,"name":"left","callable":"L","method":"call",
         "initialization":{"k":[1.0,"é"]},"dependencies":[1],"successors":[4],"ancestors":[1],
         "level":1,"retryable":true,"max_attempts":3,"backoff":"exponential",
         "backoff_base_ms":1000,"max_backoff_ms":30000,"non_retryable":[],"timeout_ms":30000,
         "events":[]},
        {"step_no":3,"name":"right","callable":"R","method":"go","initialization":{},
         "dependencies":[1],"successors":[4],"ancestors":[1],"level":1,"retryable":false,
         "max_attempts":1,"backoff":"none","backoff_base_ms":200,"max_backoff_ms":300,
         "non_retryable":[],"timeout_ms":7000,"events":[]},
        {"step_no":4,"name":"end","callable":"E","method":"call","initialization":{},
         "dependencies":[2,3],"successors":[],"ancestors":[1,2,3],"level":2,"retryable":true,
         "max_attempts":3,"backoff":"exponential","backoff_base_ms":1000,"max_backoff_ms":30000,
         "non_retryable":[],"timeout_ms":30000,"events":[]}])");
    EXPECT_EQ(registration["steps"], expected);
    EXPECT_EQ(json::parse(registration_json(compile(minimal()).value()))["input_schema"], nullptr);
}

constexpr std::string_view with_limits = R"(
name: limited
namespace_name: ns
version: 1.0.0
identity_strategy: caller_provided
lifecycle: {max_steps_in_process_minutes: 5, max_duration_minutes: 60, staleness_action: error,
            max_waiting_for_retry_minutes: 7, max_waiting_for_dependencies_minutes: 6}
steps:
  - {name: a, handler: {callable: x}, retry: {max_attempts: 0, non_retryable: [Z, "A \"b\""]}}
)";

TEST(CompiledTemplate, RegistersIdentityLifecycleAndFinalFailures) {
    const auto registration = json::parse(registration_json(compiled(with_limits)));
    EXPECT_EQ(registration["identity_strategy"], "caller_provided");
    EXPECT_EQ(registration["lifecycle"], json::parse(R"({
        "max_duration_minutes":60,"max_waiting_for_dependencies_minutes":6,
        "max_waiting_for_retry_minutes":7,"max_steps_in_process_minutes":5,
        "staleness_action":"error"})"));
    EXPECT_EQ(registration["steps"][0]["non_retryable"], json({"A \"b\"", "Z"}));
    EXPECT_EQ(registration["steps"][0]["max_attempts"], 0);
    const auto& definition = registration["definition"];
    EXPECT_EQ(definition["identity_strategy"], "caller_provided");
    EXPECT_EQ(definition["lifecycle"], registration["lifecycle"]);
    EXPECT_EQ(definition["steps"][0]["retry"]["non_retryable"], json({"A \"b\"", "Z"}));
}

// A default means the same written out or left out, and the hash of the old form stays.
TEST(CompiledTemplate, LeavesOutWhatHoldsAnyway) {
    const auto written_out = compiled(R"(
name: t
namespace_name: ns
version: 1.0.0
identity_strategy: always_unique
lifecycle: {staleness_action: dlq}
steps:
  - {name: a, handler: {callable: x}, retry: {non_retryable: []}}
)");
    EXPECT_EQ(written_out.content_hash(), compile(minimal()).value().content_hash());
}

TEST(TemplateFromDefinition, GivesBackTheTemplateItCameFrom) {
    for (const auto yaml : {testing::symbol_style, testing::plain_style, with_limits}) {
        const auto original = compiled(yaml);
        const auto loaded = template_from_definition(original.definition_json()).value();
        EXPECT_EQ(loaded.definition_json(), original.definition_json());
        EXPECT_EQ(loaded.content_hash(), original.content_hash());
        EXPECT_EQ(registration_json(loaded), registration_json(original));
        EXPECT_EQ(loaded.source().lifecycle, original.source().lifecycle);
        EXPECT_EQ(loaded.step(1).retry.non_retryable, original.step(1).retry.non_retryable);
        EXPECT_EQ(loaded.step(1).retry.max_attempts, original.step(1).retry.max_attempts);
    }
}

// jsonb sorts keys by length, puts blanks after commas and writes numbers out.
TEST(TemplateFromDefinition, SurvivesTheLayoutOfJsonb) {
    auto source = minimal();
    source.steps[0].initialization_json = R"({"big":1e18,"bigger":1e25,"tiny":1e-7,"zero":-0.0})";
    const auto original = compile(source).value();
    const auto stored = std::string(
        R"({"name": "t", "steps": [{"name": "a", "retry": {"backoff": "exponential", )"
        R"("retryable": true, "max_attempts": 3, "max_backoff_ms": 30000, )"
        R"("backoff_base_ms": 1000}, "handler": {"method": "call", "callable": "x", )"
        R"("initialization": {"big": 1000000000000000000, "tiny": 0.0000001, "zero": 0.0, )"
        R"("bigger": 10000000000000000000000000}}, "description": "", "dependencies": [], )"
        R"("timeout_seconds": 30}], "version": "1.0.0", "metadata": {}, "description": "", )"
        R"("namespace_name": "ns"})"
    );
    EXPECT_EQ(template_from_definition(stored).value().content_hash(), original.content_hash());
}

TEST(TemplateFromDefinition, RefusesWhatNoTemplateIs) {
    const auto refused = [](std::string_view text) {
        return template_from_definition(text).error().detail;
    };
    EXPECT_EQ(
        refused("{"), "stored template: invalid JSON at byte 1: expected a key in double quotes"
    );
    EXPECT_EQ(refused("[]"), "stored template: template must be a mapping but is a list");
    EXPECT_EQ(
        refused(R"({"name":"t","namespace_name":"ns","version":"1.0.0","stepz":[],
                    "steps":[{"name":"a","handler":{"callable":"x"}}]})"),
        "stored template: unknown key 'stepz' in template (did you mean 'steps'?)"
    );
}

TEST(Compile, ChecksATemplateThatWasMadeByHand) {
    EXPECT_EQ(refusal(minimal()), "ok");
    auto source = minimal();
    source.steps[0].dependencies = {"b"};
    EXPECT_EQ(refusal(source), "template ns/t@1.0.0: unknown dependency 'b' in step 'a'");
    source = minimal();
    source.steps.push_back(source.steps[0]);
    EXPECT_EQ(refusal(source), "template ns/t@1.0.0: duplicate step name 'a'");
    source = minimal();
    source.steps.clear();
    EXPECT_EQ(
        refusal(source), "template ns/t@1.0.0: steps of template must list at least one step"
    );
    source = minimal();
    source.steps[0].initialization_json = "[1]";
    EXPECT_EQ(
        refusal(source), "template ns/t@1.0.0: initialization of step 'a' must be a JSON object"
    );
    source.steps[0].initialization_json = "{";
    EXPECT_EQ(
        refusal(source),
        "template ns/t@1.0.0: initialization of step 'a': invalid JSON at byte 1: expected a key "
        "in double quotes"
    );
    source = minimal();
    source.input_schema_json = R"({"type":"objekt"})";
    EXPECT_EQ(
        refusal(source),
        "template ns/t@1.0.0: input_schema /type: must be one or more of array, boolean, integer, "
        "null, number, object, string"
    );
    source = minimal();
    source.namespace_name = "NS";
    EXPECT_NE(refusal(source), "ok");
    source = minimal();
    source.reserved_json = R"({"surprise":1})";
    EXPECT_EQ(refusal(source), "template ns/t@1.0.0: unknown key 'surprise' in template");
}

TEST(Compile, HandlesATemplateAsWideAsATaskMayBe) {
    auto source = minimal();
    auto join = step_named("join");
    for (int i = 0; i < 10'000; ++i) {
        source.steps.push_back(step_named(fmt::format("branch_{}", i)));
        source.steps.back().dependencies = {"a"};
        join.dependencies.push_back(source.steps.back().name);
    }
    source.steps.push_back(join);
    const auto wide = compile(std::move(source)).value();
    EXPECT_EQ(wide.step_count(), 10'002U);
    EXPECT_EQ(wide.graph().ancestors(10'002).size(), 10'001U);
    EXPECT_EQ(wide.find("branch_9999"), StepNo{10'001});
    const auto loaded = template_from_definition(wide.definition_json()).value();
    EXPECT_EQ(loaded.content_hash(), wide.content_hash());
}

}  // namespace
}  // namespace tenon
