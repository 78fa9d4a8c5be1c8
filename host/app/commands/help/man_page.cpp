#include "app/commands/help/man_page.hpp"

#include "app/commands/help/exit_codes.hpp"
#include "app/configuration/schema.hpp"

#include <fmt/format.h>
#include <string_view>

namespace tenon::app {
namespace {

constexpr std::string_view description =
    "A task is a directed acyclic graph of steps, a template its definition. Handlers in plugins "
    "run the steps; hosts load plugins, and share one PostgreSQL, which keeps everything. Every "
    "failure is one sentence on the standard error.";

/// A text as man(7) shows it: nothing of it is a request or an escape.
std::string plain(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '\\': result += "\\e"; break;
            case '-': result += "\\-"; break;
            case '\'': result += "\\(aq"; break;
            default: result += c;
        }
    }
    return result.starts_with('.') ? "\\&" + result : result;
}

/// A paragraph in lines that editors show whole.
std::string paragraph(const std::string& text) {
    std::string lines;
    for (const auto& line : wrapped(text, 76)) {
        lines += plain(line) + "\n";
    }
    return lines;
}

/// A tagged paragraph.
std::string entry(std::string_view tag, std::string_view text) {
    return fmt::format(".TP\n.B {}\n{}", plain(tag), paragraph(std::string(text)));
}

std::string command_section(const CommandDescription& command) {
    auto text = fmt::format(
        ".SS {}\n{}.PP\n.B {}\n",
        plain(command.name),
        paragraph(command.purpose),
        plain(command.usage())
    );
    for (const auto& positional : command.positionals) {
        text += entry(positional.label(), positional.full_summary());
    }
    for (const auto& option : command.options) {
        if (option.long_name != "--help") {
            text += entry(option.label(), option.full_summary());
        }
    }
    return text;
}

std::string exit_status() {
    std::string text = ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : exit_code_meanings) {
        text += entry(code, meaning);
    }
    return text;
}

std::string environment() {
    std::string text = ".SH ENVIRONMENT\n";
    text += entry("TENON_URL", "the host that task, dlq, template, events and plugin ask");
    text += entry("TENON_TOKEN", "a bearer token to show that host");
    text += entry("TENON_API_KEY", "a key to show it instead");
    text += entry("TENON_CA_FILE", "certificates (PEM) that its certificate must go back to");
    text += entry("TENON_CONFIG", "as --config: a folder of configuration, or one file");
    text += entry("TENON_ENV", "as --env: which environment of it");
    text += entry("NO_COLOR", "when set, nothing is coloured and nothing is drawn over again");
    for (const auto& key : schema::all) {
        text += entry(variable_of(key), fmt::format("as {}: {}", option_of(key), key.summary));
    }
    return text;
}

}  // namespace

std::string man_page(const CommandDescription& root, const std::string& version) {
    auto text = fmt::format(
        ".TH TENON 1 \"\" \"tenon {}\" \"User Commands\"\n"
        ".SH NAME\ntenon \\- {}\n"
        ".SH SYNOPSIS\n.B {}\n"
        ".SH DESCRIPTION\n"
        "{}"
        ".SH OPTIONS\n",
        plain(version),
        plain(root.purpose),
        plain(root.usage()),
        paragraph(std::string(description))
    );
    for (const auto& option : root.options) {
        text += entry(option.label(), option.full_summary());
    }
    text += ".SH COMMANDS\n";
    for (const auto* command : all_commands(root)) {
        if (command != &root) {
            text += command_section(*command);
        }
    }
    text += exit_status();
    text += environment();
    return text + ".SH SEE ALSO\n.BR psql (1),\n.BR dot (1)\n";
}

}  // namespace tenon::app
