#pragma once

#include "app/configuration/expansion.hpp"
#include "app/configuration/problem.hpp"
#include "app/configuration/schema.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// A value of a key, and where it was given.
struct Assignment {
    KeyId key;
    Value value;
    Origin origin;
};

/// What one file says, and what is wrong with it.
struct FileContent {
    std::vector<Assignment> assignments;
    Problems problems;
};

/// Reads TOML: unknown keys, wrong types and values out of range are problems, each at its line. A
/// text may have `${NAME:-default}`, and is then read as a variable's would be. [any-thread]
FileContent read_toml(
    std::string_view text,
    const std::string& place,
    Layer layer,
    const Variables& variables
);

/// The same of a file, named in problems as `file` is written.
FileContent read_toml_file(
    const std::filesystem::path& file,
    Layer layer,
    const Variables& variables
);

}  // namespace tenon::app
