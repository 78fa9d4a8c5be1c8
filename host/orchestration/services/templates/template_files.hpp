#pragma once

#include "domain/template/compiled_template.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// The `*.yaml` and `*.yml` files below `folder`, in the order of their paths. Throws
/// `invalid_input` when it cannot be read.
std::vector<std::filesystem::path> template_files(const std::filesystem::path& folder);

/// Parses and compiles one template. `origin` stands for the file in what is thrown:
/// `invalid_input` with the place and the reason.
CompiledTemplate compile_yaml(std::string_view yaml, std::string_view origin);

/// The same for a file.
CompiledTemplate compile_file(const std::filesystem::path& file);

/// Such as "shop/order@1.0.0".
std::string reference_of(const TaskTemplate& source);

}  // namespace tenon::orchestration
