#include "app/commands/plugins/plugin_inspect.hpp"

#include "app/commands/plugins/finding_lines.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"
#include "plugin_host/inspection/file_report.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tenon::app {
namespace {

using plugin_host::FileReport;

nlohmann::ordered_json report_json(const FileReport& report) {
    nlohmann::ordered_json json{
        {"file", report.file.string()},
        {"bytes", report.size},
        {"sha256", report.sha256},
        {"acceptable", report.acceptable()},
    };
    if (const auto& manifest = report.manifest) {
        json["id"] = manifest->id;
        json["version"] = manifest->version;
        json["sdk"] = manifest->sdk;
        json["abi"] = fmt::format("{}.{}", manifest->abi_major, manifest->abi_minor);
        json["build_id"] = manifest->build_id;
        json["callables"] = manifest->callables;
        json["step_symbols"] = manifest->step_symbols;
    }
    if (const auto& elf = report.elf) {
        json["machine"] = elf->machine;
        json["soname"] = elf->soname;
        json["library_path"] = elf->library_path;
        json["needed"] = elf->needed;
        json["versions"] = elf->versions;
        json["exports"] = elf->exports;
        json["imports"] = elf->imports;
        json["suspicious_imports"] = elf->suspicious;
        json["relocations"] = elf->relocations;
        json["constructors"] = elf->constructors;
    }
    json["findings"] = nlohmann::ordered_json::array();
    for (const auto& finding : report.findings) {
        json["findings"].push_back(finding_json(finding));
    }
    return json;
}

std::string list_of(const std::vector<std::string>& names) {
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

void print_fact(const TaskConsole& console, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        console.out << fmt::format("  {:<13} {}\n", name, printable(value));
    }
}

void print_report(const FileReport& report, const TaskConsole& console) {
    const auto traits = console.traits();
    const Palette palette(traits.colour);
    console.out << palette.paint(Tone::strong, printable(report.file.string())) << '\n';
    if (const auto& manifest = report.manifest) {
        print_fact(console, "plugin", fmt::format("{} {}", manifest->id, manifest->version));
        print_fact(
            console,
            "ABI",
            fmt::format("{}.{}, {}", manifest->abi_major, manifest->abi_minor, manifest->sdk)
        );
        print_fact(console, "callables", list_of(manifest->callables));
        print_fact(
            console,
            "functions",
            manifest->step_symbols.empty() ? "" : list_of(manifest->step_symbols)
        );
        print_fact(console, "build id", manifest->build_id);
    }
    print_fact(console, "SHA-256", report.sha256);
    if (const auto& elf = report.elf) {
        print_fact(console, "machine", elf->machine);
        print_fact(console, "needs", list_of(elf->needed));
        print_fact(console, "versions", list_of(elf->versions));
        print_fact(console, "library path", elf->library_path);
        print_fact(console, "soname", elf->soname);
        print_fact(console, "exports", list_of(elf->exports));
        print_fact(
            console,
            "imports",
            fmt::format("{} symbols; suspicious: {}", elf->imports.size(), list_of(elf->suspicious))
        );
        print_fact(
            console,
            "at load",
            fmt::format("{} relocations, {} constructors", elf->relocations, elf->constructors)
        );
    }
    for (const auto& line : finding_lines(report.findings, traits)) {
        console.out << line << '\n';
    }
    console.out << (report.acceptable() ? palette.paint(Tone::good, "a host would load it")
                                        : palette.paint(Tone::bad, "a host would refuse it"))
                << '\n';
}

}  // namespace

ExitCode inspect_plugin_file(const InspectOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto report = plugin_host::report_file(options.file, {});
        if (!report) {
            throw CommandFailure(ExitCode::refused, report.error().detail);
        }
        if (options.json) {
            console.out << text_of_json(report_json(*report)) << '\n';
        } else {
            print_report(*report, console);
        }
        return report->acceptable() ? ExitCode::ok : ExitCode::task_failed;
    });
}

}  // namespace tenon::app
