#include "plugin_host/validation/validation_check.hpp"

#include <algorithm>
#include <iterator>

namespace tenon::plugin_host {
namespace {

using Rule = PluginRule;

std::vector<PluginRule> rules_of_files() {
    std::vector<PluginRule> rules;
    for (const auto& info : plugin_rules()) {
        if (info.rule < Rule::crashes_on_load) {
            rules.push_back(info.rule);
        }
    }
    return rules;
}

ValidationCheck of_plugin(
    std::string_view name,
    std::string_view purpose,
    PluginRule broken,
    std::vector<PluginRule> rules
) {
    rules.push_back(broken);
    return {name, purpose, false, 1, broken, broken, std::move(rules)};
}

ValidationCheck of_callable(
    std::string_view name,
    std::string_view purpose,
    PluginRule crashed,
    std::vector<PluginRule> rules
) {
    rules.push_back(crashed);
    rules.push_back(Rule::hangs_on_call);
    return {name, purpose, true, 1, crashed, Rule::hangs_on_call, std::move(rules)};
}

ValidationCheck repeated(ValidationCheck check, std::uint32_t rounds) {
    check.rounds = rounds;
    return check;
}

ValidationCheck cancel() {
    auto check = of_callable(
        "cancel", "stops when it is asked to", Rule::crashes_on_call, {Rule::ignores_cancel}
    );
    check.late = Rule::ignores_cancel;
    return check;
}

// Of calls, and of the process around them.
std::vector<ValidationCheck> surrounding_checks() {
    return {
        of_callable(
            "traces",
            "leaves its process as it was",
            Rule::crashes_on_call,
            {Rule::leaves_threads,
             Rule::leaves_descriptors,
             Rule::changes_signals,
             Rule::changes_process}
        ),
        repeated(
            of_callable("memory", "gives back what it takes", Rule::crashes_on_call, {Rule::grows}),
            100
        ),
        repeated(of_callable("interrupted", "bears signals", Rule::fails_when_interrupted, {}), 20),
        of_callable("sandbox", "needs no more than a runner has", Rule::fails_in_sandbox, {})
    };
}

std::vector<ValidationCheck> all_checks() {
    std::vector<ValidationCheck> all{
        of_plugin(
            "file",
            "is what a host would load, as far as its file tells",
            Rule::malformed,
            rules_of_files()
        ),
        of_plugin(
            "load",
            "loads, starts and unloads without a trace",
            Rule::crashes_on_load,
            {Rule::slow_load,
             Rule::noisy_load,
             Rule::stays_mapped,
             Rule::leaves_threads,
             Rule::leaves_descriptors,
             Rule::changes_signals,
             Rule::changes_process}
        ),
        of_plugin(
            "description",
            "says what it is",
            Rule::crashes_on_load,
            {Rule::notes_differ, Rule::bad_schema, Rule::bad_version, Rule::bad_methods}
        ),
        of_plugin(
            "instances",
            "makes and destroys its handlers",
            Rule::crashes_on_load,
            {Rule::no_instance}
        ),
        of_plugin("selftest", "passes its own test", Rule::selftest_failed, {}),
        repeated(
            of_plugin(
                "cycles", "starts and ends again and again", Rule::fails_again, {Rule::grows}
            ),
            100
        ),
        of_callable(
            "call",
            "answers good and odd input",
            Rule::crashes_on_call,
            {Rule::lets_exceptions_out,
             Rule::bad_result,
             Rule::no_result,
             Rule::no_reason,
             Rule::late_call,
             Rule::writes_host_memory,
             Rule::unknown_status,
             Rule::noisy_call}
        ),
        repeated(
            of_callable(
                "concurrent", "answers several calls at once", Rule::crashes_concurrently, {}
            ),
            25
        ),
        cancel(),
        of_callable("faults", "bears a host that fails", Rule::crashes_on_fault, {}),
        repeated(of_callable("fuzz", "bears arbitrary input", Rule::crashes_on_fuzz, {}), 200),
        repeated(
            of_callable("reload", "can be replaced again and again", Rule::crashes_on_reload, {}),
            20
        ),
    };
    std::ranges::move(surrounding_checks(), std::back_inserter(all));
    return all;
}

}  // namespace

const std::vector<ValidationCheck>& validation_checks() {
    static const auto checks = all_checks();
    return checks;
}

}  // namespace tenon::plugin_host
