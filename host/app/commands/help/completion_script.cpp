#include "app/commands/help/completion_script.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace tenon::app {
namespace {

/// The words below "tenon": "task submit" of "tenon task submit".
std::string path_of(const CommandDescription& command) {
    const auto space = command.name.find(' ');
    return space == std::string::npos ? "" : command.name.substr(space + 1);
}

std::vector<std::string> words_of(const CommandDescription& command) {
    std::vector<std::string> words;
    for (const auto& below : command.commands) {
        words.push_back(below.word());
    }
    for (const auto& option : command.options) {
        words.push_back(option.long_name);
    }
    return words;
}

/// In single quotes, as any shell takes it.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
    }
    return result + "'";
}

/// fish has its own way to escape a quote.
std::string fish_quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return result + "'";
}

bool takes_paths(const CommandDescription& command) {
    return std::ranges::any_of(command.positionals, &ArgumentDescription::is_path);
}

/// What follows an option that has a value, as what bash's compgen takes.
std::string bash_value(const ArgumentDescription& option) {
    if (!option.choices.empty()) {
        return fmt::format(
            "candidates={}", quoted(fmt::format("{}", fmt::join(option.choices, " ")))
        );
    }
    return option.is_path() ? "files=yes" : ":";
}

/// One arm of the `case` over the command that was typed so far.
std::string bash_arm(const CommandDescription& command) {
    std::string values;
    for (const auto& option : command.options) {
        if (!option.value.empty()) {
            values += fmt::format(
                "                {}) {}; plain= ;;\n", option.long_name, bash_value(option)
            );
        }
    }
    auto arm = fmt::format("        {})\n", quoted(path_of(command)));
    if (!values.empty()) {
        arm += "            case \"$before\" in\n" + values + "            esac\n";
    }
    arm += fmt::format(
        "            if [[ -n $plain ]]; then\n"
        "                candidates={}\n",
        quoted(fmt::format("{}", fmt::join(words_of(command), " ")))
    );
    if (takes_paths(command)) {
        arm += "                files=yes\n";
    }
    return arm + "            fi\n            ;;\n";
}

/// Every command below the root by its words, in a shell's quotes.
std::vector<std::string> below_root(
    const CommandDescription& root,
    std::string (*quote)(const std::string&)
) {
    std::vector<std::string> paths;
    for (const auto* command : all_commands(root)) {
        if (command != &root) {
            paths.push_back(quote(path_of(*command)));
        }
    }
    return paths;
}

/// One option for fish, where the command line is `here`.
std::string fish_option(const std::string& here, const ArgumentDescription& option) {
    auto line = fmt::format(
        "complete -c tenon -n {} -l {} -d {}",
        here,
        option.long_name.substr(2),
        fish_quoted(option.summary)
    );
    if (!option.choices.empty()) {
        line += " -x -a " + fish_quoted(fmt::format("{}", fmt::join(option.choices, " ")));
    } else if (!option.value.empty()) {
        line += option.is_path() ? " -r -F" : " -x";
    }
    return line + "\n";
}

}  // namespace

// Names that zsh has for something else, such as path and words, are not used.
std::string bash_completion(const CommandDescription& root) {
    auto script = fmt::format(
        "# Completion of tenon for bash: source <(tenon completion bash)\n"
        "_tenon() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
        "    local command='' next='' candidates='' files='' plain=yes i\n"
        "    for ((i = 1; i < COMP_CWORD; ++i)); do\n"
        "        next=\"${{command:+$command }}${{COMP_WORDS[i]}}\"\n"
        "        case \"$next\" in\n"
        "            {}) command=$next ;;\n"
        "        esac\n"
        "    done\n"
        "    case \"$command\" in\n",
        fmt::join(below_root(root, quoted), "|")
    );
    for (const auto* command : all_commands(root)) {
        script += bash_arm(*command);
    }
    return script +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$candidates\" -- \"$word\"))\n"
           "    if [[ -n $files && $word != -* ]]; then\n"
           "        COMPREPLY+=($(compgen -f -- \"$word\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _tenon tenon\n";
}

// zsh runs bash's function as it is.
std::string zsh_completion(const CommandDescription& root) {
    auto script = bash_completion(root);
    script = script.substr(script.find('\n') + 1);
    return "# Completion of tenon for zsh, after compinit: source <(tenon completion zsh)\n"
           "autoload -Uz bashcompinit\n"
           "bashcompinit\n" +
           script;
}

std::string fish_completion(const CommandDescription& root) {
    auto script = fmt::format(
        "# Completion of tenon for fish: tenon completion fish | source\n"
        "function __tenon_at\n"
        "    set -l commands {}\n"
        "    set -l path\n"
        "    for word in (commandline -opc)[2..-1]\n"
        "        contains -- (string join ' ' $path $word) $commands; and set -a path $word\n"
        "    end\n"
        "    test \"$path\" = \"$argv[1]\"\n"
        "end\n"
        "complete -c tenon -f\n",
        fmt::join(below_root(root, fish_quoted), " ")
    );
    for (const auto* command : all_commands(root)) {
        const auto here = fish_quoted("__tenon_at " + fish_quoted(path_of(*command)));
        for (const auto& below : command->commands) {
            script += fmt::format(
                "complete -c tenon -n {} -a {} -d {}\n",
                here,
                below.word(),
                fish_quoted(below.purpose)
            );
        }
        for (const auto& option : command->options) {
            script += fish_option(here, option);
        }
    }
    return script;
}

}  // namespace tenon::app
