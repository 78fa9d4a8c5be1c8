#pragma once

#include "foundation/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// Every rule that a plugin can break. The number is part of the rule's stable id: it never changes
/// and is never given to another rule. Each has an entry in docs/plugin_rules.md.
enum class PluginRule : std::uint16_t {
    // The file, and whether it is trusted.
    file_unreadable = 1,
    file_symbolic_link = 2,
    file_not_regular = 3,
    file_owner = 4,
    file_writable = 5,
    file_too_large = 6,
    directory_writable = 7,
    directory_owner = 8,
    file_changed = 9,
    not_allowed = 10,
    unsigned_file = 11,
    bad_signature = 12,
    trust_settings = 13,

    // The format of the file.
    not_elf = 20,
    wrong_machine = 21,
    not_shared_object = 22,
    truncated = 23,
    malformed = 24,
    incomplete = 25,

    // What it says about itself.
    no_entry = 30,
    other_abi = 31,
    no_abi_note = 32,
    callable_name = 33,
    no_identity = 34,
    duplicate_callable = 35,

    // What it would do to the process that loads it.
    executable_stack = 40,
    text_relocations = 41,
    static_tls = 42,
    unique_symbol = 43,
    unresolved_symbol = 44,
    writable_code = 45,
    newer_libc = 46,
    lazy_binding = 50,
    no_build_id = 51,
    extra_exports = 52,
    suspicious_import = 53,
    own_libraries = 54,
    library_path = 55,
    soname = 56,
    never_unloaded = 57,

    // Loading it beside others.
    loader_refused = 60,
    malformed_entry = 61,
    init_refused = 62,
    malformed_handlers = 63,
    callable_taken = 64,
    id_taken = 65,
    file_name_taken = 66,

    // What `tenon plugin validate` finds by running it.
    crashes_on_load = 101,
    slow_load = 102,
    noisy_load = 103,
    stays_mapped = 104,
    leaves_threads = 105,
    leaves_descriptors = 106,
    changes_signals = 107,
    changes_process = 108,
    grows = 109,
    fails_again = 110,
    selftest_failed = 111,
    notes_differ = 120,
    bad_schema = 121,
    bad_version = 122,
    bad_methods = 123,
    no_instance = 124,
    crashes_on_call = 201,
    hangs_on_call = 202,
    lets_exceptions_out = 203,
    bad_result = 204,
    no_result = 205,
    no_reason = 206,
    late_call = 207,
    writes_host_memory = 208,
    unknown_status = 209,
    noisy_call = 210,
    crashes_concurrently = 301,
    ignores_cancel = 401,
    crashes_on_fault = 501,
    fails_when_interrupted = 502,
    crashes_on_fuzz = 601,
    crashes_on_reload = 701,
    fails_in_sandbox = 801,
};

/// Whether a host takes a plugin that breaks the rule.
enum class Severity : std::uint8_t { refused, warning };

struct RuleInfo {
    PluginRule rule;
    std::string_view name;  ///< The enumerator, for machines.
    Severity severity;
};

/// All rules, in the order of their numbers.
std::span<const RuleInfo> plugin_rules() noexcept;

const RuleInfo& info_of(PluginRule rule) noexcept;

/// "TENON-P030", or "TENON-V101" for those found by running a plugin.
std::string id_of(PluginRule rule);

/// A rule that one plugin breaks: what is wrong, continuing a sentence that begins with the
/// file's name, and what to do about it.
struct Finding {
    PluginRule rule;
    std::string what;
    std::string fix;

    /// "what: fix".
    std::string sentence() const;
};

/// The finding as an error: its sentence with the rule's id in brackets behind it.
Error to_error(const Finding& finding);

/// The rule with this id, or nothing.
std::optional<PluginRule> rule_of(std::string_view id);

/// Back again: an error without an id was a file that could not be read.
Finding finding_of(const Error& error);

}  // namespace tenon::plugin_host
