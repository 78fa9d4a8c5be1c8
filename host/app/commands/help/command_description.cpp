#include "app/commands/help/command_description.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace tenon::app {
namespace {

/// "{a,b,c}" of a validator, or "a|b|c" of the schema, as words.
std::vector<std::string> choices_of(const std::string& type) {
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    const bool listed = open != std::string::npos && close != std::string::npos;
    auto text = listed ? type.substr(open + 1, close - open - 1) : type;
    const char separator = listed ? ',' : '|';
    std::vector<std::string> words;
    if (!listed && text.find('|') == std::string::npos) {
        return words;
    }
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, separator);) {
        words.push_back(word);
    }
    return words;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const auto& word : words) {
        text += text.empty() ? "" : std::string(separator);
        text += word;
    }
    return text;
}

/// What stands for the value. A validator's range belongs into the summary, not here.
std::string value_of(const CLI::Option& option, const std::vector<std::string>& choices) {
    if (option.get_items_expected_max() == 0) {
        return "";
    }
    if (!choices.empty()) {
        return joined(choices, "|");
    }
    auto type = option.get_type_name();
    type = type.substr(0, type.find(':'));
    type = type.substr(0, type.find(" in ["));
    return type == "INT" || type == "UINT" || type == "FLOAT" ? "N" : type;
}

std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

ArgumentDescription describe_option(const CLI::Option& option) {
    ArgumentDescription described;
    described.choices = choices_of(option.get_type_name());
    described.value = value_of(option, described.choices);
    described.summary = one_line(option.get_description());
    described.variable = option.get_envname();
    described.group = option.get_group();
    described.required = option.get_required();
    described.many = option.get_items_expected_max() > 1;
    const auto usual = option.get_default_str();
    described.usual = usual == "\"\"" || usual == "[]" ? "" : usual;
    if (option.get_positional()) {
        described.long_name = option.get_name(true);
    } else if (!option.get_lnames().empty()) {
        described.long_name = "--" + option.get_lnames().front();
    }
    if (!option.get_snames().empty()) {
        described.short_name = "-" + option.get_snames().front();
    }
    return described;
}

}  // namespace

std::string ArgumentDescription::label() const {
    if (!long_name.starts_with('-')) {
        return many ? long_name + "..." : long_name;
    }
    auto text = short_name.empty() ? long_name : short_name + "," + long_name;
    return value.empty() ? text : text + " " + value;
}

std::string ArgumentDescription::full_summary() const {
    auto text = summary;
    const bool told = summary.find('[') != std::string::npos;
    if (!usual.empty() && !told && usual != "false") {
        text += " [" + usual + "]";
    }
    return variable.empty() ? text : text + " (" + variable + ")";
}

bool ArgumentDescription::is_path() const {
    static constexpr std::array<std::string_view, 6> words{
        "--plugins", "--templates", "--data-dir", "--config", "--dir", "--plot"
    };
    return value == "PATH" || value == "FILE" || long_name == "file" || long_name == "files" ||
           std::ranges::find(words, long_name) != words.end();
}

std::string CommandDescription::word() const {
    return name.substr(name.rfind(' ') + 1);
}

std::string CommandDescription::usage() const {
    auto text = name;
    if (!options.empty()) {
        text += " [OPTIONS]";
    }
    for (const auto& positional : positionals) {
        const auto label = positional.label();
        text += positional.required ? " " + label : " [" + label + "]";
    }
    if (commands.empty()) {
        return text;
    }
    return text + (works_alone ? " [COMMAND]" : " COMMAND");
}

CommandDescription describe(const CLI::App& command, const std::string& name) {
    CommandDescription described{.name = name, .purpose = one_line(command.get_description())};
    described.works_alone = command.get_require_subcommand_min() == 0;
    const auto visible = [](const CLI::Option* option) { return !option->get_group().empty(); };
    for (const auto* option : command.get_options(visible)) {
        auto& list = option->get_positional() ? described.positionals : described.options;
        list.push_back(describe_option(*option));
    }
    for (const auto* below :
         command.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); })) {
        described.commands.push_back(describe(*below, name + " " + below->get_name()));
    }
    return described;
}

std::vector<const CommandDescription*> all_commands(const CommandDescription& command) {
    std::vector<const CommandDescription*> all{&command};
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto at = all.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        for (const auto& below : all[i]->commands) {
            at = all.insert(at, &below) + 1;
        }
    }
    return all;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (lines.empty() || lines.back().size() + 1 + word.size() > columns) {
            lines.push_back(word);
        } else {
            lines.back() += " " + word;
        }
    }
    return lines;
}

}  // namespace tenon::app
