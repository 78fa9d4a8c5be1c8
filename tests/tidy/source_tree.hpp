#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tidy {

/// One file of the repository. Binary files and files of unknown kinds have no lines.
struct SourceFile {
    std::string path;  ///< Relative to the repository's root, with '/'.
    std::vector<std::string> lines;
};

using SourceTree = std::vector<SourceFile>;

/// A place where a rule is broken, and what to do about it.
struct Violation {
    std::string path;
    std::size_t line;  ///< From 1; 0 means the file as a whole.
    std::string message;
};

using Violations = std::vector<Violation>;

std::ostream& operator<<(std::ostream& out, const Violation& violation);

/// Every file of this repository, without what builds leave behind. Read once.
const SourceTree& repository();

/// A file that exists only in a test.
SourceFile snippet(std::string path, std::string_view text);

/// The file's lines, joined again.
std::string text_of(const SourceFile& file);

/// True for C++ and C sources and headers.
bool is_code(const SourceFile& file);

/// True for headers.
bool is_header(const SourceFile& file);

/// "host/worker/services/x.hpp", 1 → "worker"; empty where the path has no such folder.
std::string folder_at(std::string_view path, std::size_t depth);

/// "host/worker/x.hpp" → "x.hpp".
std::string name_of(std::string_view path);

/// "host/worker/x.hpp" → "x".
std::string stem_of(std::string_view path);

/// "host/worker/x.hpp" → "host/worker"; empty at the root.
std::string parent_of(std::string_view path);

}  // namespace tenon::tidy
