#pragma once

#include "app/configuration/problem.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

/// The files of a configuration, each part in the order of their names.
struct ConfigurationFiles {
    std::vector<std::filesystem::path> base{};
    std::vector<std::filesystem::path> environment{};
    Problems problems{};
};

/// Finds `base/*.toml` and `environments/<environment>/*.toml` of a folder. A single file in its
/// place is all of the base. An empty `folder` has no files, an empty `environment` only the base.
ConfigurationFiles configuration_files(
    const std::filesystem::path& folder,
    const std::string& environment
);

}  // namespace tenon::app
