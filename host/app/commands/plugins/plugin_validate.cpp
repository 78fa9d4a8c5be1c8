#include "app/commands/plugins/plugin_validate.hpp"

#include "app/commands/plugins/finding_lines.hpp"
#include "app/commands/plugins/plugin_text_file.hpp"
#include "app/commands/plugins/validation_documents.hpp"
#include "app/plugin_folder.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"
#include "plugin_host/validation/validator.hpp"

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <random>

namespace tenon::app {
namespace {

using plugin_host::CheckResult;
using plugin_host::Severity;
using plugin_host::ValidationReport;
using plugin_host::Validator;

Validator::Options settings(const ValidateOptions& options) {
    Validator::Options settings;
    settings.scout.limit = std::chrono::seconds(options.limit_seconds);
    settings.snapshot_directory = private_plugin_directory();
    settings.only = options.only;
    settings.seed = options.seed != 0 ? options.seed : std::random_device{}();
    if (!options.input.empty()) {
        settings.context = read_json_object(options.input);
    }
    return settings;
}

void print_result(const CheckResult& result, const TaskConsole& console) {
    const auto traits = console.traits();
    const Palette palette(traits.colour);
    const bool good = result.findings.empty();
    const auto mark = good ? (traits.unicode ? "✔" : "ok") : (traits.unicode ? "●" : "--");
    console.out << fmt::format(
        "{} {:<12} {} {}\n",
        palette.paint(good ? Tone::good : Tone::waiting, mark),
        result.check,
        printable(result.callable),
        result.took.count() == 0
            ? ""
            : palette.paint(Tone::faint, fmt::format("{} ms", result.took.count()))
    );
    for (const auto& line : finding_lines(result.findings, traits)) {
        console.out << line << '\n';
    }
    console.out.flush();
}

void print_summary(const ValidationReport& report, bool valid, const TaskConsole& console) {
    const Palette palette(console.traits().colour);
    console.out << fmt::format(
        "{}: {} checks, {} refusals, {} warnings, seed {}; every id is explained in "
        "docs/plugin_rules.md\n",
        valid ? palette.paint(Tone::good, "valid") : palette.paint(Tone::bad, "not valid"),
        report.results.size(),
        report.count(Severity::refused),
        report.count(Severity::warning),
        report.seed
    );
}

}  // namespace

ExitCode validate_plugin(const ValidateOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        Validator validator(settings(options));
        const auto report = validator.run(options.file, [&](const CheckResult& result) {
            if (!options.json) {
                print_result(result, console);
            }
        });
        const bool valid = report.count(Severity::refused) == 0 &&
                           (!options.strict || report.count(Severity::warning) == 0);
        if (options.json) {
            console.out << validation_json(report) << '\n';
        } else {
            print_summary(report, valid, console);
        }
        if (!options.junit.empty()) {
            std::ofstream file(options.junit);
            file << validation_junit(report, options.strict);
            if (!file.flush()) {
                throw CommandFailure(
                    ExitCode::usage, fmt::format("{} cannot be written", options.junit.string())
                );
            }
        }
        return valid ? ExitCode::ok : ExitCode::task_failed;
    });
}

}  // namespace tenon::app
