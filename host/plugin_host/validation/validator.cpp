#include "plugin_host/validation/validator.hpp"

#include "foundation/utf8.hpp"
#include "plugin_host/inspection/file_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

namespace tenon::plugin_host {
namespace {

// What the plugin wrote, as far as a sentence can hold it.
std::string excerpt(const std::string& out, const std::string& err) {
    constexpr std::size_t longest = 80;
    auto text = to_valid_utf8(out.empty() ? err : out, longest);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void judge_noise(PluginRule rule, const ScoutEnding& ending, CheckResult& result) {
    if (!ending.out.empty() || !ending.err.empty()) {
        result.findings.push_back(
            {rule,
             fmt::format(
                 "writes to the standard output or error, '{}'", excerpt(ending.out, ending.err)
             ),
             "log through the host"}
        );
    }
}

void judge_ending(const ValidationCheck& check, const ScoutEnding& ending, CheckResult& result) {
    const auto doing = ending.last.empty() ? "at its start" : "at '" + ending.last + "'";
    const auto words =
        ending.err.empty() ? "" : fmt::format(", saying '{}'", excerpt({}, ending.err));
    switch (ending.kind) {
        case ScoutEnding::Kind::finished:
            if (check.name == "load") {
                judge_noise(PluginRule::noisy_load, ending, result);
            } else if (check.name == "call") {
                judge_noise(PluginRule::noisy_call, ending, result);
            }
            break;
        case ScoutEnding::Kind::late:
            result.findings.push_back(
                {check.late,
                 fmt::format("{} {}{}", ending.fault(), doing, words),
                 "give everything that waits a limit"}
            );
            break;
        default:
            result.findings.push_back(
                {check.crashed,
                 fmt::format("{} {}{}", ending.fault(), doing, words),
                 "run it under a debugger, or with tenon step run and the same input"}
            );
    }
}

bool cannot_start(const CheckResult& result) {
    return result.check == "load" && std::ranges::any_of(result.findings, [](const Finding& found) {
               return found.rule <= PluginRule::crashes_on_load &&
                      info_of(found.rule).severity == Severity::refused;
           });
}

}  // namespace

std::size_t ValidationReport::count(Severity severity) const {
    std::size_t count = 0;
    for (const auto& result : results) {
        count += static_cast<std::size_t>(std::ranges::count_if(
            result.findings,
            [severity](const Finding& finding) {
                return info_of(finding.rule).severity == severity;
            }
        ));
    }
    return count;
}

Validator::Validator(Options options)
    : options_(std::move(options)),
      scout_(options_.scout),
      snapshots_(options_.snapshot_directory) {
    const auto& checks = validation_checks();
    for (const auto& name : options_.only) {
        if (!rule_of(name) &&
            std::ranges::find(checks, name, &ValidationCheck::name) == checks.end()) {
            throw Exception(
                {ErrorCode::invalid_input,
                 fmt::format(
                     "there is no check and no rule '{}': the checks are {}",
                     name,
                     fmt::join(std::views::transform(checks, &ValidationCheck::name), ", ")
                 )}
            );
        }
    }
}

bool Validator::wants(const ValidationCheck& check) const {
    return options_.only.empty() ||
           std::ranges::find(options_.only, check.name) != options_.only.end() ||
           std::ranges::any_of(check.rules, [this](PluginRule rule) {
               return std::ranges::find(options_.only, id_of(rule)) != options_.only.end();
           });
}

// Where rules are named, only these are shown.
bool Validator::wants(PluginRule rule) const {
    const bool by_rule = std::ranges::any_of(options_.only, [](const std::string& name) {
        return rule_of(name).has_value();
    });
    return !by_rule || std::ranges::find(options_.only, id_of(rule)) != options_.only.end();
}

CheckResult Validator::run_check(
    const ValidationCheck& check,
    const Snapshot& snapshot,
    const std::string& callable
) const {
    ScoutRequest request;
    request.action = check.name;
    request.file = snapshot.copy();
    request.source = snapshot.source();
    request.sha256 = snapshot.sha256();
    request.callable = callable;
    request.context = options_.context;
    request.seed = options_.seed;
    request.rounds = check.rounds;
    const auto ending = scout_.run(request);
    CheckResult result{check.name, callable, ending.findings, ending.took};
    std::erase_if(result.findings, [this](const Finding& found) { return !wants(found.rule); });
    judge_ending(check, ending, result);
    return result;
}

ValidationReport Validator::run(const std::filesystem::path& file, const OnResult& on_result) {
    ValidationReport report;
    const auto keep = [&](CheckResult result) {
        if (on_result) {
            on_result(result);
        }
        report.results.push_back(std::move(result));
    };
    report.file = file;
    report.seed = options_.seed;
    const auto snapshot = snapshots_.take(file, options_.trust);
    const auto inspected =
        snapshot ? report_file(file, options_.trust) : Result<FileReport>(snapshot.error());
    if (!inspected) {
        keep({"file", {}, {finding_of(inspected.error())}, {}});
        return report;
    }
    report.sha256 = inspected->sha256;
    const auto manifest = inspected->manifest.value_or(PluginManifest{});
    report.id = manifest.id;
    report.version = manifest.version;
    if (wants(validation_checks().front()) || !inspected->acceptable()) {
        keep({"file", {}, inspected->findings, {}});
    }
    if (!inspected->acceptable()) {
        return report;  // No host would run it, and neither do we.
    }
    for (const auto& check : validation_checks() | std::views::drop(1)) {
        if (!wants(check)) {
            continue;
        }
        for (const auto& callable :
             check.each_callable ? manifest.callables : std::vector<std::string>{""}) {
            keep(run_check(check, *snapshot, callable));
        }
        if (!report.results.empty() && cannot_start(report.results.back())) {
            return report;  // The rest would say the same again.
        }
    }
    return report;
}

}  // namespace tenon::plugin_host
