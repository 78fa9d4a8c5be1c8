#include "app/commands/help/help_text.hpp"

#include <CLI/CLI.hpp>
#include <vector>

namespace tenon::app {
namespace {

constexpr std::size_t page_columns = 80;
constexpr std::size_t label_columns = 28;  // With two spaces before and after.

/// "  label   summary", the summary below the label when that is too long.
void add_entry(std::string& text, const std::string& label, const std::string& summary) {
    auto line = "  " + label;
    const auto lines = wrapped(summary, page_columns - label_columns);
    std::size_t next = 0;
    if (line.size() + 2 <= label_columns && !lines.empty()) {
        line.resize(label_columns, ' ');
        line += lines[next++];
    }
    text += line + "\n";
    for (; next < lines.size(); ++next) {
        text += std::string(label_columns, ' ') + lines[next] + "\n";
    }
}

/// A label that is too long for a line is broken between its choices.
std::string fitting_label(const ArgumentDescription& argument) {
    const auto label = argument.label();
    if (label.size() + 2 <= page_columns) {
        return label;
    }
    return argument.long_name + " CHOICE";
}

std::string fitting_summary(const ArgumentDescription& argument) {
    auto summary = argument.full_summary();
    if (argument.label().size() + 2 > page_columns) {
        for (const auto& choice : argument.choices) {
            summary += (&choice == &argument.choices.front() ? ": " : ", ") + choice;
        }
    }
    return summary;
}

void add_arguments(
    std::string& text,
    const std::string& heading,
    const std::vector<ArgumentDescription>& arguments
) {
    std::string group;
    for (const auto& argument : arguments) {
        const auto now = argument.group == "Options" ? heading : argument.group;
        if (now != group) {
            text += "\n" + now + ":\n";
            group = now;
        }
        add_entry(text, fitting_label(argument), fitting_summary(argument));
    }
}

class HelpFormatter : public CLI::FormatterBase {
public:
    std::string make_help(
        const CLI::App* app,
        std::string name,
        CLI::AppFormatMode /*mode*/
    ) const override {
        return help_text(describe(*app, name));
    }
};

}  // namespace

std::string help_text(const CommandDescription& command) {
    std::string text;
    for (const auto& line : wrapped(command.purpose, page_columns)) {
        text += line + "\n";
    }
    const auto usage = wrapped(command.usage(), page_columns - 11);
    for (const auto& line : usage) {
        text += (&line == &usage.front() ? "Usage: " : "           ") + line + "\n";
    }
    add_arguments(text, "Arguments", command.positionals);
    if (!command.commands.empty()) {
        text += "\nCommands:\n";
        for (const auto& below : command.commands) {
            add_entry(text, below.word(), below.purpose);
        }
    }
    add_arguments(text, "Options", command.options);
    return text;
}

void use_help_text(CLI::App& root) {
    const auto formatter = std::make_shared<HelpFormatter>();
    std::vector<CLI::App*> apps{&root};
    while (!apps.empty()) {
        auto* app = apps.back();
        apps.pop_back();
        app->formatter(formatter);
        for (auto* below : app->get_subcommands([](CLI::App*) { return true; })) {
            apps.push_back(below);
        }
    }
}

}  // namespace tenon::app
