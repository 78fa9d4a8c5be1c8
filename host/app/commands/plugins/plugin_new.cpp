#include "app/commands/plugins/plugin_new.hpp"

#include "app/scaffold_files.hpp"
#include "app/terminal/display_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace tenon::app {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 29;  // Of a namespace, which the name becomes.

void check_name(const std::string& name) {
    const auto small = [](char letter) { return letter >= 'a' && letter <= 'z'; };
    const auto fits = [&small](char letter) {
        return small(letter) || (letter >= '0' && letter <= '9') || letter == '_';
    };
    if (name.empty() || name.size() > longest_name || !small(name.front()) ||
        !std::ranges::all_of(name, fits)) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format(
                "'{}' cannot be the name of a plugin: it becomes a namespace, so it has 1 to {} "
                "small letters, digits and _, and begins with a letter",
                name,
                longest_name
            )
        );
    }
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string result;
    while (true) {
        const auto at = text.find(what);
        result += text.substr(0, at);
        if (at == std::string_view::npos) {
            return result;
        }
        result += with;
        text.remove_prefix(at + what.size());
    }
}

// Where a file of the scaffold goes, or nothing when it belongs to another language.
std::string target_of(std::string_view path, const NewOptions& options) {
    const auto slash = path.find('/');
    const auto group = path.substr(0, slash);
    if (group != options.language && group != "workflow") {
        return {};
    }
    const auto file = path.substr(slash + 1);
    return file == "gitignore" ? ".gitignore" : replaced(file, "NAME", options.name);
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    if (!stream.flush()) {
        throw CommandFailure(ExitCode::usage, fmt::format("{} cannot be written", file.string()));
    }
}

}  // namespace

ExitCode new_plugin(const NewOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        check_name(options.name);
        const auto folder = options.directory.empty() ? fs::path(options.name) : options.directory;
        std::error_code problem;
        fs::create_directories(folder, problem);
        if (problem || !fs::is_empty(folder, problem) || problem) {
            throw CommandFailure(
                ExitCode::usage,
                fmt::format(
                    "{} {}: name another folder with --dir",
                    folder.string(),
                    problem ? "cannot be used, " + problem.message() : "is not empty"
                )
            );
        }
        std::vector<std::string> written;
        for (const auto& [path, text] : scaffold_files) {
            const auto target = target_of(path, options);
            if (!target.empty()) {
                write_file(folder / target, replaced(text, "@NAME@", options.name));
                written.push_back(target);
            }
        }
        std::ranges::sort(written);
        for (const auto& file : written) {
            console.out << printable((folder / file).string()) << '\n';
        }
        console.err << printable(fmt::format(
                           "{} says how to build and run it\n", (folder / "README.md").string()
                       ))
                    << '\n';
        return ExitCode::ok;
    });
}

}  // namespace tenon::app
