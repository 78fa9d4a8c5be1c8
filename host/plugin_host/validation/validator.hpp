#pragma once

#include "plugin_host/scout/scout.hpp"
#include "plugin_host/snapshot.hpp"
#include "plugin_host/validation/validation_check.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// One check of a plugin or of one of its callables.
struct CheckResult {
    std::string_view check;
    std::string callable;  ///< Empty: the plugin as a whole.
    std::vector<Finding> findings;
    std::chrono::milliseconds took{0};
};

/// What became of all of them.
struct ValidationReport {
    std::filesystem::path file;
    std::string sha256;
    std::string id;
    std::string version;
    std::uint64_t seed = 1;
    std::vector<CheckResult> results;

    std::size_t count(Severity severity) const;
};

/// Runs a plugin through everything that a host might do to it, each check in a process of its own.
class Validator {
public:
    struct Options {
        Scout::Options scout = {};
        std::filesystem::path snapshot_directory;
        FileTrust trust = {};
        /// Names of checks or ids of rules; empty: all. A check that does not come to its end is
        /// always told.
        std::vector<std::string> only = {};
        std::string context = "{}";  ///< A good input.
        std::uint64_t seed = 1;
    };

    using OnResult = std::function<void(const CheckResult&)>;

    /// Throws Exception when the scout or the snapshot directory cannot be used, or when `only`
    /// names no check and no rule (invalid_input).
    explicit Validator(Options options);

    /// Validates `file`; `on_result` hears of each result as it comes.
    ValidationReport run(const std::filesystem::path& file, const OnResult& on_result = {});

private:
    bool wants(const ValidationCheck& check) const;
    bool wants(PluginRule rule) const;
    CheckResult run_check(
        const ValidationCheck& check,
        const Snapshot& snapshot,
        const std::string& callable
    ) const;

    Options options_;
    Scout scout_;
    SnapshotDirectory snapshots_;
};

}  // namespace tenon::plugin_host
