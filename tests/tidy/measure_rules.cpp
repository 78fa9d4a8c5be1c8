#include "tidy/measure_rules.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>

namespace tenon::tidy {
namespace {

// Columns, not bytes: continuation bytes of UTF-8 take no column of their own.
std::size_t columns_of(const std::string& line) {
    return static_cast<std::size_t>(std::ranges::count_if(line, [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool is_measured(const SourceFile& file) {
    return is_code(file) || file.path.ends_with(".sql") || file.path.ends_with(".cmake") ||
           name_of(file.path) == "CMakeLists.txt" || file.path.starts_with("scripts/");
}

std::size_t limit_of(const SourceFile& file) {
    if (file.path == "CMakeLists.txt") {
        return root_cmake_lines_max;
    }
    if (file.path == "host/main.cpp" || file.path == "host/app/main.cpp") {
        return main_lines_max;
    }
    const bool layer_readme = file.path.starts_with("host/") && name_of(file.path) == "README.md";
    return layer_readme ? layer_readme_lines_max : file_lines_max;
}

std::string exceeds(std::size_t actual, std::size_t limit, std::string_view what) {
    return std::to_string(actual) + ' ' + std::string(what) + ", at most " + std::to_string(limit);
}

// The indentation of a line that opens a function's body, if it is one.
std::optional<std::string> opens_function(const std::string& line) {
    static const std::regex opener(R"re(^( {0,4})[^ ].*\{$|^( {0,4})\).*\{$)re");
    static const std::regex other(
        R"re(^ *(namespace|class|struct|enum|union|extern|do|TENON_ASSERT)\b)re"
    );
    std::smatch match;
    if (line.find(')') == std::string::npos || std::regex_search(line, other) ||
        !std::regex_match(line, match, opener)) {
        return std::nullopt;
    }
    return line.substr(0, line.find_first_not_of(' '));
}

std::size_t lines_until_close(const SourceFile& file, std::size_t opener, std::string indent) {
    const auto close = indent + '}';
    for (auto i = opener + 1; i < file.lines.size(); ++i) {
        if (file.lines[i].starts_with(close)) {
            return i - opener - 1;
        }
    }
    return 0;
}

}  // namespace

Violations long_lines(const SourceTree& files) {
    Violations violations;
    for (const auto& file : files) {
        if (!is_measured(file) || file.path.ends_with("state_machine.cpp")) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto columns = columns_of(file.lines[i]);
            if (columns > line_columns_max) {
                violations.push_back(
                    {file.path, i + 1, exceeds(columns, line_columns_max, "columns")}
                );
            }
        }
    }
    return violations;
}

Violations long_files(const SourceTree& files) {
    Violations violations;
    for (const auto& file : files) {
        const auto limit = limit_of(file);
        const bool readme = name_of(file.path) == "README.md";
        if ((is_measured(file) || readme) && file.lines.size() > limit) {
            violations.push_back({file.path, 0, exceeds(file.lines.size(), limit, "lines")});
        }
    }
    return violations;
}

Violations long_files_on_the_whole(const SourceTree& files) {
    std::vector<std::size_t> lengths;
    for (const auto& file : files) {
        if (is_code(file)) {
            lengths.push_back(file.lines.size());
        }
    }
    if (lengths.empty()) {
        return {};
    }
    std::ranges::sort(lengths);
    Violations violations;
    const auto median = lengths[lengths.size() / 2];
    const auto p95 = lengths[lengths.size() * 95 / 100];
    if (median > file_lines_median_max) {
        violations.push_back(
            {"all files", 0, exceeds(median, file_lines_median_max, "lines (median)")}
        );
    }
    if (p95 > file_lines_p95_max) {
        violations.push_back({"all files", 0, exceeds(p95, file_lines_p95_max, "lines (p95)")});
    }
    return violations;
}

Violations long_functions(const SourceTree& files) {
    Violations violations;
    for (const auto& file : files) {
        if (!is_code(file)) {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto indent = opens_function(file.lines[i]);
            const auto length = indent ? lines_until_close(file, i, *indent) : 0;
            if (length > function_lines_max) {
                violations.push_back(
                    {file.path, i + 1, exceeds(length, function_lines_max, "lines in a function")}
                );
            }
        }
    }
    return violations;
}

Violations crowded_folders(const SourceTree& files) {
    std::map<std::string, std::set<std::string>> units;
    for (const auto& file : files) {
        if (is_code(file) &&
            (file.path.starts_with("host/") || file.path.starts_with("plugins/"))) {
            units[parent_of(file.path)].insert(stem_of(file.path));
        }
    }
    Violations violations;
    for (const auto& [folder, stems] : units) {
        if (stems.size() > folder_units_max) {
            violations.push_back({folder, 0, exceeds(stems.size(), folder_units_max, "units")});
        }
    }
    return violations;
}

Violations crowded_sdk(const SourceTree& files) {
    const auto headers =
        static_cast<std::size_t>(std::ranges::count_if(files, [](const auto& file) {
            return parent_of(file.path) == "sdk/include/tenon" && file.path.ends_with(".hpp");
        }));
    if (headers <= sdk_headers_max) {
        return {};
    }
    return {{"sdk/include/tenon", 0, exceeds(headers, sdk_headers_max, "public headers")}};
}

}  // namespace tenon::tidy
