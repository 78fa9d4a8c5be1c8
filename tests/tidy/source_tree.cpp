#include "tidy/source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
#include <sstream>
#include <utility>

namespace tenon::tidy {
namespace {

namespace fs = std::filesystem;

bool is_left_by_a_build(const fs::path& folder) {
    const auto name = folder.filename().string();
    return name.starts_with("build") || name == ".git" || name == ".cache";
}

bool is_text(const fs::path& path) {
    static const std::set<std::string> extensions{
        ".hpp", ".cpp", ".h", ".c", ".sql", ".cmake", ".txt", ".md", ".sh", ".yaml", ".toml"
    };
    return extensions.contains(path.extension().string()) ||
           path.parent_path().filename() == "scripts";
}

SourceFile read_file(const fs::path& path, const fs::path& root) {
    SourceFile file{fs::relative(path, root).generic_string(), {}};
    if (is_text(path)) {
        std::ifstream stream(path);
        for (std::string line; std::getline(stream, line);) {
            file.lines.push_back(std::move(line));
        }
    }
    return file;
}

SourceTree read_tree(const fs::path& root) {
    SourceTree files;
    for (fs::recursive_directory_iterator it(root), end; it != end; ++it) {
        if (it->is_directory() && is_left_by_a_build(it->path())) {
            it.disable_recursion_pending();
        } else if (it->is_regular_file()) {
            files.push_back(read_file(it->path(), root));
        }
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

bool has_extension(const SourceFile& file, const std::set<std::string>& extensions) {
    return extensions.contains(fs::path(file.path).extension().string());
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
    out << '\n' << violation.path;
    if (violation.line != 0) {
        out << ':' << violation.line;
    }
    return out << ": " << violation.message;
}

const SourceTree& repository() {
    static const SourceTree files = read_tree(TENON_SOURCE_DIR);
    return files;
}

SourceFile snippet(std::string path, std::string_view text) {
    SourceFile file{std::move(path), {}};
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        file.lines.push_back(std::move(line));
    }
    return file;
}

std::string text_of(const SourceFile& file) {
    std::string text;
    for (const auto& line : file.lines) {
        text += line + '\n';
    }
    return text;
}

bool is_code(const SourceFile& file) {
    return has_extension(file, {".hpp", ".cpp", ".h", ".c"});
}

bool is_header(const SourceFile& file) {
    return has_extension(file, {".hpp", ".h"});
}

std::string folder_at(std::string_view path, std::size_t depth) {
    std::size_t begin = 0;
    for (; depth > 0; --depth) {
        const auto slash = path.find('/', begin);
        if (slash == std::string_view::npos) {
            return {};
        }
        begin = slash + 1;
    }
    const auto end = path.find('/', begin);
    return end == std::string_view::npos ? std::string()
                                         : std::string(path.substr(begin, end - begin));
}

std::string name_of(std::string_view path) {
    return fs::path(path).filename().string();
}

std::string stem_of(std::string_view path) {
    return fs::path(path).stem().string();
}

std::string parent_of(std::string_view path) {
    return fs::path(path).parent_path().generic_string();
}

}  // namespace tenon::tidy
