#include "app/commands/help/help_commands.hpp"

#include "app/commands/help/command_description.hpp"
#include "app/commands/help/completion_script.hpp"
#include "app/commands/help/man_page.hpp"
#include "app/version.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>

namespace tenon::app {

void add_help_commands(CLI::App& root, int& exit_code) {
    auto shell = std::make_shared<std::string>();
    auto* completion = root.add_subcommand("completion", "print a script that completes commands");
    completion->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->callback([&root, &exit_code, shell] {
        const auto described = describe(root, "tenon");
        fmt::print(
            "{}",
            *shell == "bash"  ? bash_completion(described)
            : *shell == "zsh" ? zsh_completion(described)
                              : fish_completion(described)
        );
        exit_code = 0;
    });
    root.add_subcommand("man", "print the manual, for man(1): tenon man | man -l -")
        ->callback([&root, &exit_code] {
            fmt::print("{}", man_page(describe(root, "tenon"), std::string(version)));
            exit_code = 0;
        });
}

}  // namespace tenon::app
