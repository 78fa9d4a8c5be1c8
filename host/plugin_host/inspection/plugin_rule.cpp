#include "plugin_host/inspection/plugin_rule.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

constexpr std::uint16_t first_of_validation = 100;

constexpr std::array rules{
    RuleInfo{PluginRule::file_unreadable, "file_unreadable", Severity::refused},
    RuleInfo{PluginRule::file_symbolic_link, "file_symbolic_link", Severity::refused},
    RuleInfo{PluginRule::file_not_regular, "file_not_regular", Severity::refused},
    RuleInfo{PluginRule::file_owner, "file_owner", Severity::refused},
    RuleInfo{PluginRule::file_writable, "file_writable", Severity::refused},
    RuleInfo{PluginRule::file_too_large, "file_too_large", Severity::refused},
    RuleInfo{PluginRule::directory_writable, "directory_writable", Severity::refused},
    RuleInfo{PluginRule::directory_owner, "directory_owner", Severity::refused},
    RuleInfo{PluginRule::file_changed, "file_changed", Severity::refused},
    RuleInfo{PluginRule::not_allowed, "not_allowed", Severity::refused},
    RuleInfo{PluginRule::unsigned_file, "unsigned_file", Severity::refused},
    RuleInfo{PluginRule::bad_signature, "bad_signature", Severity::refused},
    RuleInfo{PluginRule::trust_settings, "trust_settings", Severity::refused},
    RuleInfo{PluginRule::not_elf, "not_elf", Severity::refused},
    RuleInfo{PluginRule::wrong_machine, "wrong_machine", Severity::refused},
    RuleInfo{PluginRule::not_shared_object, "not_shared_object", Severity::refused},
    RuleInfo{PluginRule::truncated, "truncated", Severity::refused},
    RuleInfo{PluginRule::malformed, "malformed", Severity::refused},
    RuleInfo{PluginRule::incomplete, "incomplete", Severity::refused},
    RuleInfo{PluginRule::no_entry, "no_entry", Severity::refused},
    RuleInfo{PluginRule::other_abi, "other_abi", Severity::refused},
    RuleInfo{PluginRule::no_abi_note, "no_abi_note", Severity::refused},
    RuleInfo{PluginRule::callable_name, "callable_name", Severity::refused},
    RuleInfo{PluginRule::no_identity, "no_identity", Severity::warning},
    RuleInfo{PluginRule::duplicate_callable, "duplicate_callable", Severity::refused},
    RuleInfo{PluginRule::executable_stack, "executable_stack", Severity::refused},
    RuleInfo{PluginRule::text_relocations, "text_relocations", Severity::refused},
    RuleInfo{PluginRule::static_tls, "static_tls", Severity::refused},
    RuleInfo{PluginRule::unique_symbol, "unique_symbol", Severity::refused},
    RuleInfo{PluginRule::unresolved_symbol, "unresolved_symbol", Severity::refused},
    RuleInfo{PluginRule::writable_code, "writable_code", Severity::refused},
    RuleInfo{PluginRule::newer_libc, "newer_libc", Severity::refused},
    RuleInfo{PluginRule::lazy_binding, "lazy_binding", Severity::warning},
    RuleInfo{PluginRule::no_build_id, "no_build_id", Severity::warning},
    RuleInfo{PluginRule::extra_exports, "extra_exports", Severity::warning},
    RuleInfo{PluginRule::suspicious_import, "suspicious_import", Severity::warning},
    RuleInfo{PluginRule::own_libraries, "own_libraries", Severity::warning},
    RuleInfo{PluginRule::library_path, "library_path", Severity::warning},
    RuleInfo{PluginRule::soname, "soname", Severity::warning},
    RuleInfo{PluginRule::never_unloaded, "never_unloaded", Severity::warning},
    RuleInfo{PluginRule::loader_refused, "loader_refused", Severity::refused},
    RuleInfo{PluginRule::malformed_entry, "malformed_entry", Severity::refused},
    RuleInfo{PluginRule::init_refused, "init_refused", Severity::refused},
    RuleInfo{PluginRule::malformed_handlers, "malformed_handlers", Severity::refused},
    RuleInfo{PluginRule::callable_taken, "callable_taken", Severity::refused},
    RuleInfo{PluginRule::id_taken, "id_taken", Severity::refused},
    RuleInfo{PluginRule::file_name_taken, "file_name_taken", Severity::refused},
    RuleInfo{PluginRule::crashes_on_load, "crashes_on_load", Severity::refused},
    RuleInfo{PluginRule::slow_load, "slow_load", Severity::warning},
    RuleInfo{PluginRule::noisy_load, "noisy_load", Severity::warning},
    RuleInfo{PluginRule::stays_mapped, "stays_mapped", Severity::warning},
    RuleInfo{PluginRule::leaves_threads, "leaves_threads", Severity::refused},
    RuleInfo{PluginRule::leaves_descriptors, "leaves_descriptors", Severity::refused},
    RuleInfo{PluginRule::changes_signals, "changes_signals", Severity::refused},
    RuleInfo{PluginRule::changes_process, "changes_process", Severity::refused},
    RuleInfo{PluginRule::grows, "grows", Severity::warning},
    RuleInfo{PluginRule::fails_again, "fails_again", Severity::refused},
    RuleInfo{PluginRule::selftest_failed, "selftest_failed", Severity::refused},
    RuleInfo{PluginRule::notes_differ, "notes_differ", Severity::warning},
    RuleInfo{PluginRule::bad_schema, "bad_schema", Severity::refused},
    RuleInfo{PluginRule::bad_version, "bad_version", Severity::warning},
    RuleInfo{PluginRule::bad_methods, "bad_methods", Severity::warning},
    RuleInfo{PluginRule::no_instance, "no_instance", Severity::refused},
    RuleInfo{PluginRule::crashes_on_call, "crashes_on_call", Severity::refused},
    RuleInfo{PluginRule::hangs_on_call, "hangs_on_call", Severity::refused},
    RuleInfo{PluginRule::lets_exceptions_out, "lets_exceptions_out", Severity::refused},
    RuleInfo{PluginRule::bad_result, "bad_result", Severity::refused},
    RuleInfo{PluginRule::no_result, "no_result", Severity::warning},
    RuleInfo{PluginRule::no_reason, "no_reason", Severity::warning},
    RuleInfo{PluginRule::late_call, "late_call", Severity::refused},
    RuleInfo{PluginRule::writes_host_memory, "writes_host_memory", Severity::refused},
    RuleInfo{PluginRule::unknown_status, "unknown_status", Severity::warning},
    RuleInfo{PluginRule::noisy_call, "noisy_call", Severity::warning},
    RuleInfo{PluginRule::crashes_concurrently, "crashes_concurrently", Severity::refused},
    RuleInfo{PluginRule::ignores_cancel, "ignores_cancel", Severity::refused},
    RuleInfo{PluginRule::crashes_on_fault, "crashes_on_fault", Severity::refused},
    RuleInfo{PluginRule::fails_when_interrupted, "fails_when_interrupted", Severity::warning},
    RuleInfo{PluginRule::crashes_on_fuzz, "crashes_on_fuzz", Severity::refused},
    RuleInfo{PluginRule::crashes_on_reload, "crashes_on_reload", Severity::refused},
    RuleInfo{PluginRule::fails_in_sandbox, "fails_in_sandbox", Severity::warning},
};

}  // namespace

std::span<const RuleInfo> plugin_rules() noexcept {
    return rules;
}

const RuleInfo& info_of(PluginRule rule) noexcept {
    return *std::ranges::find(rules, rule, &RuleInfo::rule);
}

std::string id_of(PluginRule rule) {
    const auto number = static_cast<std::uint16_t>(rule);
    return fmt::format("TENON-{}{:03}", number < first_of_validation ? 'P' : 'V', number);
}

std::string Finding::sentence() const {
    return fix.empty() ? what : fmt::format("{}: {}", what, fix);
}

Error to_error(const Finding& finding) {
    return {
        info_of(finding.rule).rule < PluginRule::loader_refused ? ErrorCode::invalid_input
                                                                : ErrorCode::plugin_failure,
        fmt::format("{} [{}]", finding.sentence(), id_of(finding.rule))
    };
}

std::optional<PluginRule> rule_of(std::string_view id) {
    const auto found =
        std::ranges::find_if(rules, [id](const RuleInfo& info) { return id_of(info.rule) == id; });
    return found == rules.end() ? std::nullopt : std::optional(found->rule);
}

Finding finding_of(const Error& error) {
    const std::string_view detail = error.detail;
    const auto bracket = detail.rfind(" [");
    if (bracket == std::string_view::npos || !detail.ends_with(']')) {
        return {PluginRule::file_unreadable, error.detail, {}};
    }
    const auto id = detail.substr(bracket + 2, detail.size() - bracket - 3);
    const auto rule = rule_of(id).value_or(PluginRule::file_unreadable);
    const auto sentence = detail.substr(0, bracket);
    // The fix is what follows the last colon, as Finding::sentence() put it.
    const auto colon = sentence.rfind(": ");
    if (colon == std::string_view::npos) {
        return {rule, std::string(sentence), {}};
    }
    return {rule, std::string(sentence.substr(0, colon)), std::string(sentence.substr(colon + 2))};
}

}  // namespace tenon::plugin_host
