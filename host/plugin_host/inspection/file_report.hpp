#pragma once

#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// What the file of a plugin is made of, for people.
struct ElfFacts {
    std::string machine;
    std::string soname;
    std::string library_path;  ///< RUNPATH, else RPATH.
    std::vector<std::string> needed;
    std::vector<std::string> versions;  ///< "libc.so.6 GLIBC_2.34".
    std::vector<std::string> exports;
    std::vector<std::string> imports;
    std::vector<std::string> suspicious;  ///< Those of the imports that concern the whole process.
    std::uint64_t relocations = 0;
    std::uint64_t constructors = 0;
};

/// Everything that can be known about a plugin's file without running any of it.
struct FileReport {
    std::filesystem::path file;
    std::uint64_t size = 0;
    std::string sha256;
    std::optional<ElfFacts> elf;             ///< None when it is no ELF file of this machine.
    std::optional<PluginManifest> manifest;  ///< None when it is no plugin.
    std::vector<Finding> findings;

    /// Whether a host would go on to load it.
    bool acceptable() const;
};

/// Reads and judges `file`. The error is a whole sentence, and means that it could not be read.
Result<FileReport> report_file(const std::filesystem::path& file, const FileTrust& trust);

}  // namespace tenon::plugin_host
