#include "app/commands/plugins/validation_documents.hpp"

#include "app/commands/plugins/finding_lines.hpp"
#include "app/terminal/display_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fmt/format.h>

namespace tenon::app {
namespace {

using plugin_host::Finding;
using plugin_host::Severity;
using plugin_host::ValidationReport;

constexpr double milliseconds = 1000.0;

bool fails(const Finding& finding, bool strict) {
    return strict || plugin_host::info_of(finding.rule).severity == Severity::refused;
}

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : printable(text)) {
        switch (letter) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            default: safe += letter;
        }
    }
    return safe;
}

}  // namespace

std::string validation_json(const ValidationReport& report) {
    nlohmann::ordered_json json{
        {"file", report.file.string()},
        {"sha256", report.sha256},
        {"id", report.id},
        {"version", report.version},
        {"seed", report.seed},
        {"refused", report.count(Severity::refused)},
        {"warnings", report.count(Severity::warning)},
        {"checks", nlohmann::ordered_json::array()},
    };
    for (const auto& result : report.results) {
        nlohmann::ordered_json entry{
            {"check", result.check},
            {"callable", result.callable},
            {"took_ms", result.took.count()},
            {"findings", nlohmann::ordered_json::array()},
        };
        for (const auto& finding : result.findings) {
            entry["findings"].push_back(finding_json(finding));
        }
        json["checks"].push_back(std::move(entry));
    }
    return text_of_json(json);
}

std::string validation_junit(const ValidationReport& report, bool strict) {
    std::string cases;
    std::size_t failures = 0;
    for (const auto& result : report.results) {
        std::string problems;
        for (const auto& finding : result.findings) {
            if (fails(finding, strict)) {
                problems += fmt::format("{}\n", plugin_host::to_error(finding).detail);
            }
        }
        cases += fmt::format(
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
            result.check,
            escaped(result.callable.empty() ? "plugin" : result.callable),
            static_cast<double>(result.took.count()) / milliseconds
        );
        if (!problems.empty()) {
            ++failures;
            cases += fmt::format("<failure message=\"{}\"/>", escaped(problems));
        }
        cases += "</testcase>\n";
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}</testsuite>\n",
        escaped(report.file.string()),
        report.results.size(),
        failures,
        cases
    );
}

}  // namespace tenon::app
