#include "domain/template/template_parser.hpp"

#include "unit/domain/template/seed_template.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tenon {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view yaml) {
    const auto parsed = parse_template(yaml, "bad.yaml");
    if (parsed.has_value()) {
        return "accepted";
    }
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input);
    return parsed.error().detail;
}

TEST(ParseTemplate, ReadsTheSymbolStyle) {
    const auto parsed = parse_template(testing::symbol_style, "seed.yaml").value();

    EXPECT_EQ(parsed.name, "mathematical_sequence");
    EXPECT_EQ(parsed.namespace_name, "linear_workflow");
    EXPECT_EQ(parsed.version, "1.0.0");
    EXPECT_EQ(parsed.description, "Two steps");
    EXPECT_EQ(
        parsed.metadata_json,
        R"({"author":"Somebody","created_at":"2025-08-29T00:00:00Z",)"
        R"("tags":["namespace:linear_workflow"]})"
    );
    EXPECT_EQ(parsed.input_schema_json, "");
    EXPECT_EQ(parsed.identity_strategy, IdentityStrategy::always_unique);
    EXPECT_EQ(parsed.lifecycle, Lifecycle{});
    EXPECT_EQ(
        parsed.reserved_json,
        R"({"task_handler":{"callable":"LinearWorkflowHandler",)"
        R"("initialization":{"input_validation":{"required_fields":["even_number"]}}}})"
    );
    ASSERT_EQ(parsed.steps.size(), 2U);

    const auto& first = parsed.steps[0];
    EXPECT_EQ(first.name, "step_1");
    EXPECT_EQ(first.description, "Square the number");
    EXPECT_EQ(first.callable, "linear::LinearStep1Handler");
    EXPECT_EQ(first.method, "call");
    EXPECT_EQ(first.initialization_json, R"({"operation":"square"})");
    EXPECT_EQ(first.dependencies, std::vector<std::string>{});
    EXPECT_TRUE(first.retry.retryable);
    EXPECT_EQ(first.retry.max_attempts, 5);
    EXPECT_EQ(first.retry.backoff, Backoff::linear);
    EXPECT_EQ(first.timeout, 60s);

    const auto& second = parsed.steps[1];
    EXPECT_EQ(second.dependencies, std::vector<std::string>{"step_1"});
    EXPECT_EQ(
        second.initialization_json, R"({"constant":10,"deep":[1,true,null,"1"],"ratio":1.5})"
    );
    EXPECT_EQ(second.retry.max_attempts, 3);
    EXPECT_EQ(second.retry.backoff, Backoff::exponential);
    EXPECT_EQ(second.retry.backoff_base, 1000ms);
    EXPECT_EQ(second.retry.max_backoff, 30'000ms);
    EXPECT_EQ(second.timeout, 30s);
    EXPECT_EQ(second.reserved_json, "{}");
}

TEST(ParseTemplate, ReadsEveryOtherKey) {
    const auto parsed = parse_template(
                            R"(
name: Everything-1.x
namespace_name: all
version: 10.20.30
system_dependencies: {primary: default, secondary: []}
domain_events: [{name: done}]
environments: {test: {steps: []}}
identity_strategy: strict
lifecycle: {max_duration_minutes: 43200, max_waiting_for_dependencies_minutes: 1,
            max_waiting_for_retry_minutes: 10080, max_steps_in_process_minutes: 30,
            staleness_action: error}
input_schema: {type: object, properties: {n: {type: integer}}, required: [n]}
steps:
  - name: only
    step_type: standard
    system_dependency: default
    batch_config: {batch_size: 10}
    result_schema: {type: object}
    composition: [a, b]
    handler: {callable: "lib.so#f", method: run, resolver: direct}
    retry: {retryable: false, limit: 100, backoff: fibonacci, backoff_base_ms: 10,
            max_backoff_ms: 86400000, non_retryable: [VALIDATION_ERROR, PermanentError]}
    timeout_seconds: 604800
)",
                            "all.yaml"
    )
                            .value();
    EXPECT_EQ(parsed.name, "Everything-1.x");
    EXPECT_EQ(
        parsed.input_schema_json,
        R"({"properties":{"n":{"type":"integer"}},"required":["n"],"type":"object"})"
    );
    EXPECT_EQ(
        parsed.reserved_json,
        R"({"domain_events":[{"name":"done"}],"environments":{"test":{"steps":[]}},)"
        R"("system_dependencies":{"primary":"default","secondary":[]}})"
    );
    EXPECT_EQ(parsed.identity_strategy, IdentityStrategy::strict);
    EXPECT_EQ(parsed.lifecycle.max_duration, 43'200min);
    EXPECT_EQ(parsed.lifecycle.max_waiting_for_dependencies, 1min);
    EXPECT_EQ(parsed.lifecycle.max_waiting_for_retry, 10'080min);
    EXPECT_EQ(parsed.lifecycle.max_steps_in_process, 30min);
    EXPECT_EQ(parsed.lifecycle.staleness_action, StalenessAction::error);
    const auto& step = parsed.steps.at(0);
    EXPECT_EQ(step.callable, "lib.so#f");
    EXPECT_EQ(step.method, "run");
    EXPECT_EQ(step.resolver, "direct");
    EXPECT_FALSE(step.retry.retryable);
    EXPECT_EQ(step.retry.max_attempts, 100);
    EXPECT_EQ(step.retry.backoff, Backoff::fibonacci);
    EXPECT_EQ(step.retry.backoff_base, 10ms);
    EXPECT_EQ(
        step.retry.non_retryable, (std::vector<std::string>{"PermanentError", "VALIDATION_ERROR"})
    );
    EXPECT_EQ(step.retry.max_backoff, 86'400'000ms);
    EXPECT_EQ(step.timeout, 604'800s);
    EXPECT_EQ(
        step.reserved_json,
        R"({"batch_config":{"batch_size":10},"composition":["a","b"],)"
        R"("result_schema":{"type":"object"},"system_dependency":"default"})"
    );
}

// The template every case below is a variation of: line 4 is free, the steps begin in line 6.
std::string with_line(std::string_view line_4) {
    return fmt::format(
        "name: t\nnamespace_name: ns\nversion: 1.0.0\n{}\nsteps:\n"
        "  - {{name: a, handler: {{callable: x}}}}\n",
        line_4
    );
}

std::string with_step(std::string_view step) {
    return fmt::format(
        "name: t\nnamespace_name: ns\nversion: 1.0.0\n\nsteps:\n"
        "  - name: a\n    handler: {{callable: x}}\n{}\n",
        step
    );
}

struct BadTemplate {
    std::string yaml;
    std::string complaint;
};

void expect_refusals(const std::vector<BadTemplate>& cases) {
    for (const auto& [yaml, complaint] : cases) {
        EXPECT_EQ(refusal(yaml), "bad.yaml:" + complaint) << yaml;
    }
}

TEST(ParseTemplate, AcceptsTheTemplatesThatTheBadOnesVary) {
    EXPECT_EQ(refusal(with_line("")), "accepted");
    EXPECT_EQ(refusal(with_step("    timeout_seconds: 1")), "accepted");
}

TEST(ParseTemplate, RefusesUnknownAndDoubleKeys) {
    expect_refusals({
        {with_line("desciption: x"),
         "4:1: unknown key 'desciption' in template (did you mean 'description'?)"},
        {with_line("colour: red"), "4:1: unknown key 'colour' in template"},
        {with_line("<<: {a: 1}"), "4:1: unknown key '<<' in template"},
        {with_step("    timeout: 3"), "8:5: unknown key 'timeout' in step 'a'"},
        {with_step("    :timeout_second: 3"),
         "8:5: unknown key 'timeout_second' in step 'a' (did you mean 'timeout_seconds'?)"},
        {with_step("    retry: {max_attempt: 3}"),
         "8:13: unknown key 'max_attempt' in retry of step 'a' (did you mean 'max_attempts'?)"},
        {with_step("  - {name: b, handler: {callable: x, calable: y}}"),
         "8:38: unknown key 'calable' in handler of step 'b' (did you mean 'callable'?)"},
        {with_line("version: 2.0.0"), "4:1: duplicate key 'version', first in line 3"},
        {with_step("    retry: {limit: 3, max_attempts: 4}"),
         "8:23: keys 'limit' and 'max_attempts' in retry of step 'a' mean the same, keep one"},
        {with_step("    depends_on: []\n    dependencies: []"),
         "9:5: keys 'depends_on' and 'dependencies' in step 'a' mean the same, keep one"},
    });
}

TEST(ParseTemplate, RefusesWrongTypesAndMissingKeys) {
    expect_refusals({
        {"[a]\n", "1:1: template must be a mapping but is a list"},
        {"just text\n", "1:1: template must be a mapping but is 'just text'"},
        {"name: t\nversion: 1.0.0\n", "1:1: key 'namespace_name' is missing in template"},
        {"name: t\nnamespace_name: ns\nversion: 1.0.0\n",
         "1:1: steps of template must list at least one step"},
        {"name: t\nnamespace_name: ns\nversion: 1.0.0\nsteps: []\n",
         "4:8: steps of template must list at least one step"},
        {"name: t\nnamespace_name: ns\nversion: 1.0.0\nsteps: {a: 1}\n",
         "4:8: steps of template must be a list but is a mapping"},
        {"name: t\nnamespace_name: ns\nversion: 1.0.0\nsteps: [a]\n",
         "4:9: step number 1 must be a mapping but is 'a'"},
        {with_line("description: 7"),
         "4:14: description of template must be text, quote it, but is the number 7"},
        {with_line("metadata: [a]"), "4:11: metadata of template must be a mapping but is a list"},
        {with_line("lifecycle: soon"), "4:12: lifecycle of template must be a mapping but is 'soon'"
        },
        {with_step("    dependencies: b"),
         "8:19: dependencies of step 'a' must be a list but is 'b'"},
        {with_step("    dependencies: [1]"),
         "8:20: dependencies of step 'a' must list names of steps but has the number 1"},
        {with_step("    retry: {retryable: yes}"),
         "8:24: retryable of retry of step 'a' must be true or false but is 'yes'"},
        {with_step("    retry: 3"), "8:12: retry of step 'a' must be a mapping but is the number 3"
        },
        {with_step("  - {handler: {callable: x}}"), "8:5: key 'name' is missing in step number 2"},
        {with_step("  - name: b"), "8:11: key 'handler' is missing in step 'b'"},
        {with_step("  - {name: b, handler: {method: m}}"),
         "8:24: key 'callable' is missing in handler of step 'b'"},
        {with_step("  - {name: b, handler: {callable: x, initialization: [1]}}"),
         "8:54: initialization of handler of step 'b' must be a mapping but is a list"},
    });
}

TEST(ParseTemplate, ReadsTheEventsOfAStep) {
    const auto parsed = parse_template(
                            with_step("    publishes_events:\n"
                                      "      - {name: payment.charged, description: Money moved.,\n"
                                      "         delivery_mode: broadcast,\n"
                                      "         schema: {type: object, required: [amount]}}\n"
                                      "      - {name: payment.charged, condition: always}"),
                            "events.yaml"
    )
                            .value();
    const auto& step = parsed.steps.at(0);
    ASSERT_EQ(step.events.size(), 2U);
    EXPECT_EQ(step.events[0].name, "payment.charged");
    EXPECT_EQ(step.events[0].description, "Money moved.");
    EXPECT_EQ(step.events[0].schema_json, R"({"required":["amount"],"type":"object"})");
    EXPECT_EQ(step.events[0].delivery_mode, DeliveryMode::broadcast);
    EXPECT_EQ(step.events[0].condition, EventCondition::success);
    EXPECT_EQ(step.events[1].schema_json, "");
    EXPECT_EQ(step.events[1].delivery_mode, DeliveryMode::durable);
    EXPECT_EQ(step.events[1].condition, EventCondition::always);
}

TEST(ParseTemplate, RefusesEventsThatCannotBePublished) {
    const auto events = [](std::string_view list) {
        return with_step(fmt::format("    publishes_events: {}", list));
    };
    const std::string shape =
        "name of event number 1 of step 'a' must be words of a-z, 0-9, '_' and '-' separated by "
        "dots, such as payment.charged, but is ";
    expect_refusals({
        {events("[done]"), "8:24: event number 1 of step 'a' must be a mapping but is 'done'"},
        {events("[{condition: always}]"),
         "8:24: key 'name' is missing in event number 1 of step 'a'"},
        {events("[{name: Paid}]"), "8:31: " + shape + "'Paid'"},
        {events("[{name: a..b}]"), "8:31: " + shape + "'a..b'"},
        {events("[{name: .a}]"), "8:31: " + shape + "'.a'"},
        {events("[{name: a*}]"), "8:31: " + shape + "'a*'"},
        {events("[{name: a, delivery_mode: slow}]"),
         "8:49: delivery_mode of event number 1 of step 'a' must be durable, fast or broadcast but "
         "is 'slow'"},
        {events("[{name: a, condition: never}]"),
         "8:45: condition of event number 1 of step 'a' must be success, failure, "
         "retryable_failure, permanent_failure or always but is 'never'"},
        {events("[{name: a, schema: {contains: 1}}]"),
         "8:42: schema /contains: unknown keyword 'contains' (of event number 1 of step 'a')"},
        {events("[{name: a, publisher: x}]"),
         "8:34: unknown key 'publisher' in event number 1 of step 'a'"},
        {events("[{name: a}, {name: a, condition: success}]"),
         "8:42: publishes_events of step 'a' lists 'a' with condition success twice"},
    });
}

TEST(ParseTemplate, RefusesValuesOutOfRange) {
    expect_refusals({
        {"name: t\nnamespace_name: Linear\nversion: 1.0.0\n",
         "2:17: namespace_name of template must be a small letter followed by small letters, "
         "digits or '_' but is 'Linear'"},
        {"name: t\nnamespace_name: a-b\nversion: 1.0.0\n",
         "2:17: namespace_name of template must be a small letter followed by small letters, "
         "digits or '_' but is 'a-b'"},
        {"name: t\nnamespace_name: abcdefghijklmnopqrstuvwxyz_123\nversion: 1.0.0\n",
         "2:17: namespace_name of template must have 1 to 29 bytes but has 30"},
        {"name: ''\nnamespace_name: ns\nversion: 1.0.0\n",
         "1:7: name of template must have 1 to 255 bytes but has 0"},
        {"name: a/b\nnamespace_name: ns\nversion: 1.0.0\n",
         "1:7: name of template must be a letter followed by letters, digits, '_', '-' or '.' "
         "but is 'a/b'"},
        {"name: t\nnamespace_name: ns\nversion: 1.0\n",
         "3:10: version of template must be text, quote it, but is the number 1.0"},
        {"name: t\nnamespace_name: ns\nversion: '1.0'\n",
         "3:10: version of template must be x.y.z such as 1.0.0 but is '1.0'"},
        {"name: t\nnamespace_name: ns\nversion: 01.0.0\n",
         "3:10: version of template must be x.y.z such as 1.0.0 but is '01.0.0'"},
        {"name: t\nnamespace_name: ns\nversion: 1.0.0-rc1\n",
         "3:10: version of template must be x.y.z such as 1.0.0 but is '1.0.0-rc1'"},
        {with_step("    timeout_seconds: 0"),
         "8:22: timeout_seconds of step 'a' must be an integer from 1 to 604800 but is the number "
         "0"},
        {with_step("    timeout_seconds: 1.5"),
         "8:22: timeout_seconds of step 'a' must be an integer from 1 to 604800 but is the number "
         "1.5"},
        {with_step("    retry: {limit: 101}"),
         "8:20: max_attempts of retry of step 'a' must be an integer from 0 to 100 but is the "
         "number 101"},
        {with_step("    retry: {limit: -1}"),
         "8:20: max_attempts of retry of step 'a' must be an integer from 0 to 100 but is the "
         "number -1"},
        {with_step("    retry: {max_attempts: 18446744073709551615}"),
         "8:27: max_attempts of retry of step 'a' must be an integer from 0 to 100 but is the "
         "number 18446744073709551615"},
        {with_step("    retry: {backoff: sometimes}"),
         "8:22: backoff of retry of step 'a' must be none, linear, exponential or fibonacci but is "
         "'sometimes'"},
        {with_step("    retry: {backoff_base_ms: 9}"),
         "8:30: backoff_base_ms of retry of step 'a' must be an integer from 10 to 3600000 but is "
         "the number 9"},
        {with_step("    retry: {backoff_base_ms: 10, max_backoff_ms: 9}"),
         "8:50: max_backoff_ms of retry of step 'a' must be an integer from 10 to 86400000 but is "
         "the number 9"},
        {with_step("    retry: {backoff_base_ms: 60000}"),
         "8:30: backoff_base_ms 60000 of retry of step 'a' is above its max_backoff_ms 30000, "
         "raise the latter"},
        {with_step("    type: decision"),
         "8:11: type of step 'a' is 'decision', but this version runs only steps of type "
         "'standard'"},
        {with_step("  - {name: b, handler: {callable: \"x\\ny\"}}"),
         "8:35: callable of handler of step 'b' must be text without control characters but is "
         "'x y'"},
        {with_line("input_schema: {type: object, propertys: {}}"),
         "4:15: input_schema /propertys: unknown keyword 'propertys' (did you mean "
         "'properties'?)"},
    });
}

TEST(ParseTemplate, TakesNoAttemptsToMeanOnce) {
    const auto parsed =
        parse_template(with_step("    retry: {max_attempts: 0}"), "once.yaml").value();
    EXPECT_EQ(parsed.steps.at(0).retry.max_attempts, 0);
}

TEST(ParseTemplate, RefusesIdentityStrategiesAndFinalFailuresThatMeanNothing) {
    expect_refusals({
        {with_line("identity_strategy: STRICT"),
         "4:20: identity_strategy of template must be always_unique, strict or caller_provided but "
         "is 'STRICT'"},
        {with_line("identity_strategy: true"),
         "4:20: identity_strategy of template must be text, quote it, but is the boolean true"},
        {with_line("identity: strict"), "4:1: unknown key 'identity' in template"},
        {with_step("    retry: {non_retryable: Timeout}"),
         "8:28: non_retryable of retry of step 'a' must be a list but is 'Timeout'"},
        {with_step("    retry: {non_retryable: [Timeout, 404]}"),
         "8:38: each entry of non_retryable of retry of step 'a' must be text, quote it, but is "
         "the "
         "number 404"},
        {with_step("    retry: {non_retryable: ['']}"),
         "8:29: each entry of non_retryable of retry of step 'a' must have 1 to 255 bytes but has "
         "0"},
        {with_step("    retry: {non_retryable: [\"a\\tb\"]}"),
         "8:29: each entry of non_retryable of retry of step 'a' must be text without control "
         "characters but is 'a b'"},
        {with_step("    retry: {non_retryable: [B, A, B]}"),
         "8:35: non_retryable of retry of step 'a' lists 'B' twice"},
    });
}

TEST(ParseTemplate, RefusesMoreFinalFailuresThanAnybodyReads) {
    std::string names = "E0";
    for (int i = 1; i < 100; ++i) {
        names += fmt::format(", E{}", i);
    }
    const auto with_names = [](const std::string& list) {
        return with_step("    retry: {non_retryable: [" + list + "]}");
    };
    EXPECT_EQ(refusal(with_names(names)), "accepted");
    EXPECT_EQ(
        refusal(with_names(names + ", E100")),
        "bad.yaml:8:28: non_retryable of retry of step 'a' must list at most 100 failures but "
        "lists 101"
    );
}

TEST(ParseTemplate, RefusesLifecyclesOutOfRange) {
    expect_refusals({
        {with_line("lifecycle: {max_duration_minutes: 0}"),
         "4:35: max_duration_minutes of lifecycle of template must be an integer from 1 to 43200 "
         "but is the number 0"},
        {with_line("lifecycle: {max_duration_minutes: 43201}"),
         "4:35: max_duration_minutes of lifecycle of template must be an integer from 1 to 43200 "
         "but is the number 43201"},
        {with_line("lifecycle: {max_waiting_for_dependencies_minutes: 10081}"),
         "4:51: max_waiting_for_dependencies_minutes of lifecycle of template must be an integer "
         "from 1 to 10080 but is the number 10081"},
        {with_line("lifecycle: {max_waiting_for_retry_minutes: 1.5}"),
         "4:44: max_waiting_for_retry_minutes of lifecycle of template must be an integer from 1 "
         "to 10080 but is the number 1.5"},
        {with_line("lifecycle: {max_steps_in_process_minutes: soon}"),
         "4:43: max_steps_in_process_minutes of lifecycle of template must be an integer from 1 to "
         "10080 but is 'soon'"},
        {with_line("lifecycle: {staleness_action: fail}"),
         "4:31: staleness_action of lifecycle of template must be dlq, error or none but is 'fail'"
        },
        {with_line("lifecycle: {max_duration_minute: 1}"),
         "4:13: unknown key 'max_duration_minute' in lifecycle of template (did you mean "
         "'max_duration_minutes'?)"},
    });
}

TEST(ParseTemplate, RefusesStepsThatAreNoGraph) {
    expect_refusals({
        {with_step("  - {name: a, handler: {callable: x}}"), "8:12: duplicate step name 'a'"},
        {with_step("    dependencies: [a]"), "8:20: step 'a' depends on itself"},
        {with_step("  - {name: step_b, handler: {callable: x}, dependencies: [a, stepb]}"),
         "8:62: unknown dependency 'stepb' in step 'step_b'"},
        {with_step("    dependencies: [step_c]\n  - {name: step_b, handler: {callable: x}}"),
         "8:20: unknown dependency 'step_c' in step 'a' (did you mean 'step_b'?)"},
        {with_step("  - {name: b, handler: {callable: x}, dependencies: [a, a]}"),
         "8:57: step 'b' lists dependency 'a' twice"},
        {with_step("    dependencies: [b]\n  - {name: b, handler: {callable: x}, dependencies: [a]}"
         ),
         "6:11: the dependencies form a cycle: a → b → a"},
    });
}

TEST(ParseTemplate, PassesOnWhatTheYamlReaderRefuses) {
    EXPECT_EQ(refusal("name: [\n"), "bad.yaml:2:1: malformed YAML: end of sequence flow not found");
    EXPECT_EQ(refusal(""), "bad.yaml: the file has no content");
}

TEST(ParseTemplate, TakesTheTemplatesThatShipWithTheProduct) {
    const std::filesystem::path folder =
        std::filesystem::path(TENON_SOURCE_DIR) / "config/templates";
    int templates = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".yaml") {
            continue;
        }
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const auto parsed = parse_template(text.str(), entry.path().filename().string());
        EXPECT_TRUE(parsed.has_value()) << parsed.error().detail;
        ++templates;
    }
    EXPECT_GE(templates, 4);
}

}  // namespace
}  // namespace tenon
