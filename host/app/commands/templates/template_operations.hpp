#pragma once

#include "app/commands/task_console.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

/// What somebody asks of templates.
struct TemplateOptions {
    std::string url{};
    std::vector<std::filesystem::path> files{};  ///< Files, or folders of them.
    std::string namespace_name{};                ///< Of a list; empty: all.
    std::string reference{};                     ///< "namespace/name" or "namespace/name@1.0.0".
    bool json = false;
};

/// "/v1/templates/shop/order/1.0.0" of "shop/order@1.0.0". Throws CommandFailure (`usage`) for what
/// names no template.
std::string template_target(const std::string& reference);

/// Reads every file and says what is wrong with it, without any host. `task_failed` when one is
/// bad.
ExitCode check_templates(const TemplateOptions& options, const TaskConsole& console);

/// Registers every file with a host, one after the other; stops at the first that is refused.
ExitCode register_templates(const TemplateOptions& options, const TaskConsole& console);

/// Lists what a host has registered.
ExitCode list_templates(const TemplateOptions& options, const TaskConsole& console);

/// Shows one template and its versions.
ExitCode show_template(const TemplateOptions& options, const TaskConsole& console);

}  // namespace tenon::app
