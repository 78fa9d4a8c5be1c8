#pragma once

#include "plugin_host/inspection/elf_image.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// Everything that would outlive the plugin, reach beyond it, or fail in it later, as far as its
/// file tells. Refusals come first.
std::vector<Finding> judge_image(const ElfImage& image);

/// What its notes leave out.
std::vector<Finding> judge_manifest(const PluginManifest& manifest);

/// Functions that change or end the whole process, among those that the plugin imports.
std::vector<std::string_view> suspicious_imports(const ElfImage& image);

}  // namespace tenon::plugin_host
