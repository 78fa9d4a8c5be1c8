#include "app/commands/templates/template_operations.hpp"

#include "app/commands/operations/answer.hpp"
#include "app/commands/task_client.hpp"
#include "app/terminal/display_text.hpp"
#include "foundation/error.hpp"
#include "foundation/json_text.hpp"
#include "orchestration/services/templates/template_files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace tenon::app {

namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

/// The files that were named, and those in the folders that were.
std::vector<fs::path> all_files(const TemplateOptions& options) {
    std::vector<fs::path> files;
    for (const auto& path : options.files) {
        std::error_code failure;
        if (!fs::is_directory(path, failure)) {
            files.push_back(path);
            continue;
        }
        try {
            const auto found = orchestration::template_files(path);
            files.insert(files.end(), found.begin(), found.end());
        } catch (const Exception& error) {
            throw CommandFailure(ExitCode::usage, error.what());
        }
    }
    if (files.empty()) {
        throw CommandFailure(ExitCode::usage, "there is no *.yaml or *.yml in what was named");
    }
    return files;
}

std::string read_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    if (!stream) {
        throw CommandFailure(ExitCode::usage, "cannot read " + file.string());
    }
    return text;
}

/// What is wrong with it, or what it is.
struct Finding {
    std::string file;
    std::string reference{};
    std::size_t step_count = 0;
    std::string content_hash{};
    std::string problem{};
};

Finding examine(const fs::path& file) {
    Finding finding{.file = file.string()};
    try {
        const auto compiled = orchestration::compile_file(file);
        finding.reference = orchestration::reference_of(compiled.source());
        finding.step_count = compiled.step_count();
        finding.content_hash = compiled.content_hash();
    } catch (const Exception& error) {
        finding.problem = error.what();
    }
    return finding;
}

std::string finding_json(const Finding& finding) {
    if (!finding.problem.empty()) {
        return fmt::format(
            R"({{"file":{},"valid":false,"problem":{}}})",
            json_quote(finding.file),
            json_quote(finding.problem)
        );
    }
    return fmt::format(
        R"({{"file":{},"valid":true,"template":{},"step_count":{},"content_hash":{}}})",
        json_quote(finding.file),
        json_quote(finding.reference),
        finding.step_count,
        json_quote(finding.content_hash)
    );
}

std::string finding_line(const Finding& finding) {
    // A problem begins with the file's name.
    return finding.problem.empty() ? fmt::format(
                                         "{}: {}, {} {}",
                                         finding.file,
                                         finding.reference,
                                         finding.step_count,
                                         finding.step_count == 1 ? "step" : "steps"
                                     )
                                   : finding.problem;
}

std::string joined(const JsonSlice& object, std::string_view name) {
    Names texts;
    const auto list = object.find(name);
    for (const auto& text : list ? list->elements() : std::vector<JsonSlice>()) {
        texts.push_back(printable(text.string().value_or("")));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::vector<JsonSlice> elements_of(const JsonSlice& object, std::string_view name) {
    const auto list = object.find(name);
    return list ? list->elements() : std::vector<JsonSlice>();
}

std::string reference_in(const JsonSlice& object) {
    return text_of(object, "namespace") + "/" + text_of(object, "name") + "@" +
           text_of(object, "version");
}

ExitCode print_table(const TaskConsole& console, const std::vector<Names>& rows) {
    for (const auto& line : draw_table(rows, console.traits().table_columns())) {
        console.out << line << '\n';
    }
    console.out << std::flush;
    return ExitCode::ok;
}

std::string registration_line(const JsonSlice& answer) {
    const bool created = text_of(answer, "created") == "true";
    return reference_in(answer) + (created ? " registered" : " is registered already");
}

}  // namespace

std::string template_target(const std::string& reference) {
    const auto slash = reference.find('/');
    const auto at = reference.find('@');
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '/' || c == '@';
    };
    const bool whole = slash != std::string::npos && slash > 0 && slash + 1 < reference.size() &&
                       reference.find('/', slash + 1) == std::string::npos &&
                       (at == std::string::npos || (at > slash + 1 && at + 1 < reference.size()));
    if (!whole || !std::ranges::all_of(reference, is_plain)) {
        throw CommandFailure(
            ExitCode::usage,
            "'" + printable(reference) +
                "' names no template; write it as namespace/name or namespace/name@1.0.0"
        );
    }
    auto target = "/v1/templates/" + reference;
    if (at != std::string::npos) {
        target[target.find('@')] = '/';
    }
    return target;
}

ExitCode check_templates(const TemplateOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        auto ending = ExitCode::ok;
        std::string list;
        for (const auto& file : all_files(options)) {
            const auto finding = examine(file);
            const bool bad = !finding.problem.empty();
            ending = bad ? ExitCode::task_failed : ending;
            if (options.json) {
                list += (list.empty() ? "" : ",") + finding_json(finding);
            } else {
                (bad ? console.err : console.out) << finding_line(finding) << '\n';
            }
        }
        if (options.json) {
            console.out << '[' << list << "]\n";
        }
        console.out << std::flush;
        return ending;
    });
}

ExitCode register_templates(const TemplateOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        TaskClient client(options.url);
        const auto files = all_files(options);
        std::string list;
        const auto print_list = [&] {
            if (options.json) {
                console.out << '[' << list << "]" << std::endl;
            }
        };
        for (const auto& file : files) {
            try {
                const auto text = client.ask("POST", "/v1/templates", read_file(file));
                const auto answer = parse_answer(text);
                list += (list.empty() ? "" : ",") + answer.compact();
                if (!options.json) {
                    console.out << registration_line(answer) << std::endl;
                }
            } catch (const CommandFailure& failure) {
                print_list();
                throw CommandFailure(failure.exit_code(), file.string() + ": " + failure.what());
            }
        }
        print_list();
        return ExitCode::ok;
    });
}

ExitCode list_templates(const TemplateOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto text = TaskClient(options.url).ask("GET", "/v1/templates");
        const auto answer = parse_answer(text);
        std::vector<Names> rows{{"template", "steps", "registered (UTC)", "callables"}};
        std::string list;
        for (const auto& entry : elements_of(answer, "templates")) {
            if (!options.namespace_name.empty() &&
                text_of(entry, "namespace") != options.namespace_name) {
                continue;
            }
            list += (list.empty() ? "" : ",") + entry.compact();
            rows.push_back(
                {reference_in(entry),
                 text_of(entry, "step_count"),
                 time_of(entry, "registered_at"),
                 joined(entry, "callables")}
            );
        }
        if (options.json) {
            console.out << '[' << list << "]" << std::endl;
            return ExitCode::ok;
        }
        if (rows.size() == 1) {
            console.out << "no templates; add some with: tenon template register FILE" << std::endl;
            return ExitCode::ok;
        }
        return print_table(console, rows);
    });
}

ExitCode show_template(const TemplateOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto text = TaskClient(options.url).ask("GET", template_target(options.reference));
        const auto document = parse_answer(text);
        if (options.json) {
            console.out << document.compact() << std::endl;
            return ExitCode::ok;
        }
        print_table(
            console,
            {{"template", reference_in(document)},
             {"versions", joined(document, "versions")},
             {"registered", time_of(document, "registered_at") + " UTC"},
             {"content", text_of(document, "content_hash")}}
        );
        console.out << '\n';
        std::vector<Names> rows{{"no", "step", "callable", "after"}};
        for (const auto& step : elements_of(document, "steps")) {
            rows.push_back(
                {text_of(step, "step_no"),
                 text_of(step, "name"),
                 text_of(step, "callable"),
                 joined(step, "dependencies")}
            );
        }
        return print_table(console, rows);
    });
}

}  // namespace tenon::app
