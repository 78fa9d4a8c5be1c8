#pragma once

#include <filesystem>
#include <string>

namespace tenon::app {

/// The text of `file`; `-` is the standard input. Throws CommandFailure (`usage`) when it cannot be
/// read.
std::string read_text(const std::filesystem::path& file);

/// The same, checked to be a JSON object, or any JSON value.
std::string read_json_object(const std::filesystem::path& file);
std::string read_json(const std::filesystem::path& file);

}  // namespace tenon::app
