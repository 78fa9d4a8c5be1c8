#include "app/commands/plugins/plugin_check.hpp"

#include "app/commands/plugins/finding_lines.hpp"
#include "app/commands/plugins/plugin_text_file.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"
#include "domain/template/template_parser.hpp"
#include "foundation/suggestion.hpp"
#include "plugin_host/inspection/file_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <system_error>

namespace tenon::app {
namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

std::vector<fs::path> files_of(const fs::path& folder, std::initializer_list<const char*> kinds) {
    std::error_code problem;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (std::ranges::find(kinds, entry->path().extension()) != kinds.end()) {
            files.push_back(entry->path());
        }
    }
    if (problem) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format("{} cannot be read: {}", folder.string(), problem.message())
        );
    }
    std::ranges::sort(files);
    return files;
}

// Everything that the two folders say about each other.
class Comparison {
public:
    explicit Comparison(const CheckOptions& options) : options_(options) {
        for (const auto& file : files_of(options.plugins, {".so"})) {
            read_plugin(file);
        }
        for (const auto& file : files_of(options.templates, {".yaml", ".yml"})) {
            read_template(file);
        }
        for (const auto& [callable, owners] : owners_) {
            if (!used_.contains(callable)) {
                unused_.push_back(callable);
            }
            const auto mapping = options_.admission.mappings.find(callable);
            const bool settled =
                mapping != options_.admission.mappings.end() && owners.contains(mapping->second);
            if (owners.size() > 1 && !settled) {
                disputed_.push_back(
                    fmt::format("{} is declared by {}", callable, fmt::join(owners, " and "))
                );
            }
        }
    }

    bool complete() const {
        return refused_.empty() && missing_.empty() && disputed_.empty() && templates_.empty();
    }

    std::string json() const {
        return text_of_json(Json{
            {"complete", complete()},
            {"refused", refused_},
            {"bad_templates", templates_},
            {"missing", missing_},
            {"disputed", disputed_},
            {"unused", unused_},
        });
    }

    void print(const TaskConsole& console) const {
        const Palette palette(console.traits().colour);
        const auto list = [&](std::string_view title, Tone tone, const auto& lines) {
            if (lines.empty()) {
                return;
            }
            console.out << palette.paint(tone, title) << '\n';
            for (const auto& line : lines) {
                console.out << "  " << printable(line) << '\n';
            }
        };
        list("plugins that a host would refuse", Tone::bad, refused_);
        list("templates that a host would refuse", Tone::bad, templates_);
        list("steps that nothing can run", Tone::bad, missing_);
        list("callables that two plugins declare (see --map)", Tone::bad, disputed_);
        list("callables that no template uses", Tone::waiting, unused_);
        if (complete()) {
            console.out << palette.paint(Tone::good, "every step has a handler") << '\n';
        }
    }

private:
    void read_plugin(const fs::path& file) {
        const auto report = plugin_host::report_file(file, options_.admission.trust.files);
        if (!report) {
            refused_.push_back(report.error().detail);
            return;
        }
        for (const auto& finding : report->findings) {
            if (plugin_host::info_of(finding.rule).severity == plugin_host::Severity::refused) {
                refused_.push_back(plugin_host::about(file, finding).detail);
                return;
            }
        }
        for (const auto& callable : report->manifest->callables) {
            owners_[callable].insert(report->manifest->id);
        }
        for (const auto& symbol : report->manifest->step_symbols) {
            symbols_.insert(file.stem().string() + '#' + symbol);
        }
    }

    void read_template(const fs::path& file) {
        const auto parsed = parse_template(read_text(file), file.string());
        if (!parsed) {
            templates_.push_back(parsed.error().detail);
            return;
        }
        for (const auto& step : parsed->steps) {
            resolve(*parsed, step);
        }
    }

    void resolve(const TaskTemplate& parsed, const StepTemplate& step) {
        const auto& mappings = options_.admission.mappings;
        const auto mapping = mappings.find(step.callable);
        const auto known = owners_.find(step.callable);
        const bool to_plugin = mapping != mappings.end() && known != owners_.end() &&
                               known->second.contains(mapping->second);
        const auto& target =
            mapping == mappings.end() || to_plugin ? step.callable : mapping->second;
        if (owners_.contains(target)) {
            used_.insert(target);
        } else if (!symbols_.contains(target)) {
            std::vector<std::string_view> names(symbols_.begin(), symbols_.end());
            for (const auto& [callable, owners] : owners_) {
                names.push_back(callable);
            }
            missing_.push_back(fmt::format(
                "{}/{} {}: step {} calls {}{}",
                parsed.namespace_name,
                parsed.name,
                parsed.version,
                step.name,
                target,
                did_you_mean(target, names)
            ));
        }
    }

    const CheckOptions& options_;
    std::map<std::string, std::set<std::string>, std::less<>> owners_;  // Of each callable.
    std::set<std::string, std::less<>> symbols_;
    std::set<std::string, std::less<>> used_;
    std::vector<std::string> refused_;
    std::vector<std::string> templates_;
    std::vector<std::string> missing_;
    std::vector<std::string> disputed_;
    std::vector<std::string> unused_;
};

}  // namespace

ExitCode check_plugins(const CheckOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const Comparison comparison(options);
        if (options.json) {
            console.out << comparison.json() << '\n';
        } else {
            comparison.print(console);
        }
        return comparison.complete() ? ExitCode::ok : ExitCode::task_failed;
    });
}

}  // namespace tenon::app
