#include "plugin_host/reload/builds/build_trial.hpp"

#include "foundation/utf8.hpp"

#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

// More builds than anybody deploys to one process; then it begins to learn anew.
constexpr std::size_t most_known = 4096;

// Traces that it leaves harm nobody while its code stays; everything else that would be refused
// by the validator is refused here.
bool harmless_if_kept(PluginRule rule) {
    using enum PluginRule;
    return rule == stays_mapped || rule == leaves_threads || rule == leaves_descriptors ||
           rule == changes_signals || rule == changes_process;
}

bool must_stay(PluginRule rule) {
    using enum PluginRule;
    return rule == stays_mapped || rule == leaves_threads || rule == changes_signals;
}

}  // namespace

Result<TrialReport> ScoutTrial::run(const Snapshot& copy) {
    if (const auto known = passed_.find(copy.sha256()); known != passed_.end()) {
        return known->second;
    }
    TrialReport report{.tried = true, .keeps_mapped = {}};
    const auto ending = scout_.run(
        {.action = "trial", .file = copy.copy(), .source = copy.source(), .sha256 = copy.sha256()}
    );
    if (ending.kind != ScoutEnding::Kind::finished) {
        return to_error(
            {PluginRule::crashes_on_load,
             fmt::format(
                 "{} while it was tried ({})", ending.fault(), to_valid_utf8(ending.last, 256)
             ),
             "run tenon plugin validate on it"}
        );
    }
    for (const auto& finding : ending.findings) {
        if (info_of(finding.rule).severity == Severity::refused &&
            !harmless_if_kept(finding.rule)) {
            return to_error(finding);
        }
        if (must_stay(finding.rule)) {
            report.keeps_mapped = "it " + finding.what;
        }
    }
    if (passed_.size() >= most_known) {
        passed_.clear();
    }
    passed_.emplace(copy.sha256(), report);
    return report;
}

}  // namespace tenon::plugin_host
