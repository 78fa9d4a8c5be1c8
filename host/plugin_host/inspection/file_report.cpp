#include "plugin_host/inspection/file_report.hpp"

#include "foundation/sha256.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/inspection/elf_image.hpp"
#include "plugin_host/inspection/plugin_policy.hpp"

#include <algorithm>
#include <elf.h>
#include <fmt/format.h>
#include <span>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t longest_name = 512;

std::string name_of(std::string_view text) {
    return to_valid_utf8(text, longest_name);
}

ElfFacts facts_of(const ElfImage& image) {
    ElfFacts facts{
        .machine = image.machine,
        .soname = name_of(image.soname),
        .library_path = name_of(image.runpath.empty() ? image.rpath : image.runpath),
        .needed = {},
        .versions = {},
        .exports = {},
        .imports = {},
        .suspicious = {},
        .relocations = image.relocations,
        .constructors = image.constructors,
    };
    for (const auto library : image.needed) {
        facts.needed.push_back(name_of(library));
    }
    for (const auto& [library, version] : image.versions) {
        facts.versions.push_back(fmt::format("{} {}", name_of(library), name_of(version)));
    }
    for (const auto& symbol : image.symbols) {
        const bool named = !symbol.name.empty() && symbol.bind != STB_LOCAL;
        if (named && (!symbol.defined || symbol.visible)) {
            (symbol.defined ? facts.exports : facts.imports).push_back(name_of(symbol.name));
        }
    }
    for (const auto name : suspicious_imports(image)) {
        facts.suspicious.push_back(name_of(name));
    }
    return facts;
}

void read_elf(std::string_view bytes, FileReport& report) {
    const auto image = ElfImage::parse(std::as_bytes(std::span(bytes)));
    if (!image) {
        report.findings.push_back(image.error());
        return;
    }
    report.elf = facts_of(*image);
    auto manifest = read_manifest(*image);
    if (!manifest) {
        report.findings.push_back(manifest.error());
    }
    std::ranges::move(judge_image(*image), std::back_inserter(report.findings));
    if (manifest) {
        report.manifest = *std::move(manifest);
        std::ranges::move(judge_manifest(*report.manifest), std::back_inserter(report.findings));
    }
}

}  // namespace

bool FileReport::acceptable() const {
    return std::ranges::none_of(findings, [](const Finding& finding) {
        return info_of(finding.rule).severity == Severity::refused;
    });
}

Result<FileReport> report_file(const std::filesystem::path& file, const FileTrust& trust) {
    const auto opened = open_regular(file, trust.max_bytes);
    if (!opened) {
        return opened.error();
    }
    const auto bytes = read_all(file, opened->file, trust.max_bytes);
    if (!bytes) {
        return bytes.error();
    }
    FileReport report;
    report.file = file;
    report.size = bytes->size();
    report.sha256 = sha256_hex(*bytes);
    if (auto distrust = judge_access(*opened, trust)) {
        report.findings.push_back(*std::move(distrust));
    }
    read_elf(*bytes, report);
    return report;
}

}  // namespace tenon::plugin_host
