#include "app/commands/graph/graph_operations.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "app/commands/templates/template_operations.hpp"
#include "app/graph/graphviz.hpp"
#include "app/graph/step_drawing.hpp"
#include "app/terminal/display_text.hpp"
#include "foundation/error.hpp"
#include "orchestration/services/templates/template_files.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <utility>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

std::string drawn(const StepDrawing& drawing, const GraphOptions& options, TerminalTraits traits) {
    if (options.format == "mermaid") {
        return mermaid_text(drawing);
    }
    if (options.format == "dot") {
        return dot_text(drawing);
    }
    if (options.format == "svg") {
        return svg_by_dot(dot_text(drawing));
    }
    if (!options.output.empty()) {
        traits.colour = false;
    }
    auto text = printable(drawing.title()) + "\n\n";
    for (const auto& line : draw_lanes(drawing, traits)) {
        text += line + "\n";
    }
    return text;
}

ExitCode print(
    const StepDrawing& drawing,
    const GraphOptions& options,
    const TaskConsole& console
) {
    const auto text = drawn(drawing, options, console.traits());
    if (options.output.empty()) {
        console.out << text << std::flush;
        return ExitCode::ok;
    }
    std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    if (!file) {
        throw CommandFailure(ExitCode::usage, "cannot write " + options.output.string());
    }
    return ExitCode::ok;
}

/// The steps of a host's document of a task or of a template.
std::vector<DrawnStep> steps_of(const JsonSlice& document) {
    std::vector<DrawnStep> steps;
    const auto list = document.find("steps");
    for (const auto& entry : list ? list->elements() : std::vector<JsonSlice>()) {
        DrawnStep step{
            .name = text_of(entry, "name"),
            .callable = text_of(entry, "callable"),
            .state = text_of(entry, "state")
        };
        const auto names = entry.find("dependencies");
        for (const auto& name : names ? names->elements() : std::vector<JsonSlice>()) {
            step.dependencies.push_back(printable(name.string().value_or("")));
        }
        steps.push_back(std::move(step));
    }
    return steps;
}

std::string reference_in(const JsonSlice& document) {
    return text_of(document, "namespace") + "/" + text_of(document, "name") + "@" +
           text_of(document, "version");
}

StepDrawing drawing_of_file(const fs::path& file) {
    try {
        const auto compiled = orchestration::compile_file(file);
        std::vector<DrawnStep> steps;
        for (const auto& step : compiled.source().steps) {
            steps.push_back(
                {.name = step.name, .callable = step.callable, .dependencies = step.dependencies}
            );
        }
        return {orchestration::reference_of(compiled.source()), std::move(steps)};
    } catch (const Exception& error) {
        throw CommandFailure(ExitCode::task_failed, error.what());
    }
}

bool is_file(const std::string& what) {
    std::error_code failure;
    return what.ends_with(".yaml") || what.ends_with(".yml") || fs::is_regular_file(what, failure);
}

void add_graph(
    CLI::App& parent,
    const char* purpose,
    const char* what,
    ExitCode (*operation)(const GraphOptions&, const TaskConsole&),
    int& exit_code
) {
    auto options = std::make_shared<GraphOptions>();
    auto* command = parent.add_subcommand("graph", purpose);
    command->add_option(operation == draw_task_graph ? "uuid" : "template", options->what, what)
        ->required();
    command->add_option("--format", options->format, "how it is drawn; svg needs Graphviz")
        ->check(CLI::IsMember({"terminal", "mermaid", "dot", "svg"}))
        ->capture_default_str();
    command->add_option("--output,-o", options->output, "a file to write [the standard output]")
        ->type_name("FILE");
    add_url(*command, options->url);
    command->callback([options, operation, &exit_code] {
        run_on_console(operation, *options, exit_code);
    });
}

}  // namespace

ExitCode draw_task_graph(const GraphOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto uuid = checked_uuid(options.what, "a task");
        const auto text = TaskClient(options.url).ask("GET", "/v1/tasks/" + uuid);
        const auto document = parse_answer(text);
        const auto title = reference_in(document) + " " + text_of(document, "status");
        return print({title, steps_of(document)}, options, console);
    });
}

ExitCode draw_template_graph(const GraphOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        if (is_file(options.what)) {
            return print(drawing_of_file(options.what), options, console);
        }
        const auto text = TaskClient(options.url).ask("GET", template_target(options.what));
        const auto document = parse_answer(text);
        return print({reference_in(document), steps_of(document)}, options, console);
    });
}

void add_task_graph(CLI::App& task, int& exit_code) {
    add_graph(task, "draw the steps of a task", "the task's UUID", draw_task_graph, exit_code);
}

void add_template_graph(CLI::App& parent, int& exit_code) {
    add_graph(
        parent,
        "draw the steps of a template",
        "namespace/name, namespace/name@1.0.0, or a YAML file",
        draw_template_graph,
        exit_code
    );
}

}  // namespace tenon::app
