#include "app/configuration/expansion.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <unistd.h>

namespace tenon::app {
namespace {

constexpr std::string_view default_mark = ":-";

bool is_name(std::string_view text) {
    const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
    return !text.empty() && is_letter(static_cast<unsigned char>(text.front())) &&
           std::ranges::all_of(text, [&](unsigned char c) {
               return is_letter(c) || std::isdigit(c) != 0;
           });
}

/// What stands for "NAME" or "NAME:-default".
std::variant<std::string, Fault> value_of(std::string_view inside, const Variables& variables) {
    const auto mark = inside.find(default_mark);
    const auto name = inside.substr(0, mark);
    if (!is_name(name)) {
        return Fault{
            fmt::format("'${{{}}}' names no variable", inside),
            "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
        };
    }
    const auto found = variables.find(name);
    if (found != variables.end() && (mark == std::string_view::npos || !found->second.empty())) {
        return found->second;
    }
    if (mark == std::string_view::npos) {
        return Fault{
            fmt::format("the variable {} is not set", name),
            fmt::format("set it, or give a default: ${{{}:-default}}", name)
        };
    }
    return std::string(inside.substr(mark + default_mark.size()));
}

}  // namespace

Variables process_variables() {
    Variables variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) {
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

std::variant<Expanded, Fault> expand(std::string_view text, const Variables& variables) {
    Expanded expanded;
    while (!text.empty()) {
        const auto dollar = std::min(text.find('$'), text.size());
        expanded.text += text.substr(0, dollar);
        text.remove_prefix(dollar);
        if (text.starts_with("$$")) {
            expanded.text += '$';
            text.remove_prefix(2);
        } else if (text.starts_with("${")) {
            const auto end = text.find('}');
            if (end == std::string_view::npos) {
                return Fault{"'${' has no '}'", "add it, or write $$ for a dollar sign"};
            }
            auto value = value_of(text.substr(2, end - 2), variables);
            if (auto* fault = std::get_if<Fault>(&value)) {
                return std::move(*fault);
            }
            expanded.text += std::get<std::string>(value);
            expanded.changed = true;
            text.remove_prefix(end + 1);
        } else if (!text.empty()) {
            expanded.text += '$';
            text.remove_prefix(1);
        }
    }
    return expanded;
}

}  // namespace tenon::app
