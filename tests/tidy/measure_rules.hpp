#pragma once

#include "tidy/source_tree.hpp"

#include <cstddef>

namespace tenon::tidy {

inline constexpr std::size_t line_columns_max = 100;
inline constexpr std::size_t file_lines_max = 500;
inline constexpr std::size_t file_lines_p95_max = 350;
inline constexpr std::size_t file_lines_median_max = 110;
inline constexpr std::size_t function_lines_max = 70;
inline constexpr std::size_t folder_units_max = 10;
inline constexpr std::size_t sdk_headers_max = 12;
inline constexpr std::size_t layer_readme_lines_max = 40;
inline constexpr std::size_t root_cmake_lines_max = 80;
inline constexpr std::size_t main_lines_max = 40;

/// Lines too long to be read side by side: code, SQL, CMake and scripts. A state machine's table
/// may be as wide as it is.
Violations long_lines(const SourceTree& files);

/// Files over their limit, that of their kind or the general one.
Violations long_files(const SourceTree& files);

/// The median and the 95th percentile of all C++ files, so that no file hides behind the limit.
Violations long_files_on_the_whole(const SourceTree& files);

/// Functions longer than a screen. Relies on the house format: the body's brace closes in the
/// column where the function began.
Violations long_functions(const SourceTree& files);

/// Folders of the host and the plugins with too many units (a header, a source, or both).
Violations crowded_folders(const SourceTree& files);

/// More C++ headers than an author can survey.
Violations crowded_sdk(const SourceTree& files);

}  // namespace tenon::tidy
