#include "app/commands/plugins/plugin_text_file.hpp"

#include "app/commands/task_console.hpp"
#include "foundation/json_text.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>

namespace tenon::app {

std::string read_text(const std::filesystem::path& file) {
    if (file == "-") {
        return {std::istreambuf_iterator<char>(std::cin), {}};
    }
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) {
        throw CommandFailure(ExitCode::usage, fmt::format("{} cannot be read", file.string()));
    }
    return text;
}

std::string read_json(const std::filesystem::path& file) {
    auto text = read_text(file);
    if (const auto checked = check_json(text); !checked) {
        throw CommandFailure(
            ExitCode::usage, fmt::format("{}: {}", file.string(), checked.error().detail)
        );
    }
    return text;
}

std::string read_json_object(const std::filesystem::path& file) {
    auto text = read_json(file);
    if (text[text.find_first_not_of(" \t\r\n")] != '{') {
        throw CommandFailure(
            ExitCode::usage, fmt::format("{} holds no JSON object", file.string())
        );
    }
    return text;
}

}  // namespace tenon::app
