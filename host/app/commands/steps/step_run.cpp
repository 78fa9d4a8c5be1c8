#include "app/commands/steps/step_run.hpp"

#include "app/commands/plugins/plugin_text_file.hpp"
#include "app/commands/steps/source_watch.hpp"
#include "app/plugin_folder.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/interruption.hpp"
#include "app/terminal/palette.hpp"
#include "foundation/json_text.hpp"
#include "plugin_host/scout/scout.hpp"
#include "plugin_host/scout/step_action.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>

namespace tenon::app {
namespace {

using nlohmann::json;
using plugin_host::ScoutEnding;
using plugin_host::ScoutLine;

// "@FILE", or JSON itself.
std::string json_argument(const std::string& text, const std::string& what) {
    if (text.starts_with('@')) {
        return read_json(text.substr(1));
    }
    if (const auto checked = check_json(text); !checked) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format("{} is no JSON: {}; write @FILE for a file", what, checked.error().detail)
        );
    }
    return text;
}

plugin_host::ScoutRequest request_of(const StepRunOptions& options) {
    plugin_host::ScoutRequest request;
    request.action = "step";
    request.callable = options.callable;
    request.method = options.method;
    request.attempt = options.attempt;
    request.cancel_after = std::chrono::milliseconds(options.cancel_after_ms);
    if (!options.input.empty()) {
        request.context = read_json_object(options.input);
    }
    if (!options.initialization.empty()) {
        request.initialization = read_json_object(options.initialization);
    }
    if (!options.checkpoint.empty()) {
        request.checkpoint = json_argument(options.checkpoint, "--checkpoint");
    }
    for (const auto& text : options.dependencies) {
        const auto equals = text.find('=');
        if (equals == 0 || equals == std::string::npos) {
            throw CommandFailure(
                ExitCode::usage, fmt::format("--dependency '{}' is not NAME=JSON", text)
            );
        }
        const auto name = text.substr(0, equals);
        request.dependencies.emplace_back(
            name, json_argument(text.substr(equals + 1), "the result of " + name)
        );
    }
    return request;
}

// One run: prints what the handler does, and keeps how it ends.
class StepRun {
public:
    StepRun(const StepRunOptions& options, const TaskConsole& console)
        : options_(options), console_(console), palette_(console.traits().colour) {}

    ExitCode run() {
        plugin_host::SnapshotDirectory snapshots(private_plugin_directory());
        const auto snapshot = snapshots.take(options_.file, {});
        if (!snapshot) {
            throw CommandFailure(ExitCode::refused, snapshot.error().detail);
        }
        auto request = request_of(options_);
        request.file = snapshot->copy();
        request.source = snapshot->source();
        request.sha256 = snapshot->sha256();
        if (options_.in_process) {
            return conclude(run_here(request));
        }
        const plugin_host::Scout scout(
            {.program = {}, .limit = std::chrono::seconds(options_.limit_seconds)}
        );
        const auto ending = scout.run(request, [this](const ScoutLine& line) { hear(line); });
        console_.err << printable_output(ending.out) << printable_output(ending.err);
        return conclude(ending);
    }

private:
    // In this process, under a debugger: the same lines, through memory instead of a pipe.
    ScoutEnding run_here(const plugin_host::ScoutRequest& request) {
        const plugin_host::FileDescriptor lines(::memfd_create("step run", MFD_CLOEXEC));
        plugin_host::ScoutReply reply(lines.get());
        plugin_host::run_step_action(request, reply);
        ::lseek(lines.get(), 0, SEEK_SET);
        const auto text = plugin_host::read_all("step run", lines, SIZE_MAX).value();
        ScoutEnding ending;
        std::size_t begin = 0;
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
            const auto line = plugin_host::parse_scout_line(text.substr(begin, end - begin));
            begin = end + 1;
            if (line && line->finding) {
                ending.findings.push_back(*line->finding);
            } else if (line && !line->fact.empty()) {
                hear(*line);
            }
        }
        return ending;
    }

    std::string printable_output(const std::string& text) const {
        return text.empty()
                   ? ""
                   : palette_.paint(Tone::faint, "output") + "      " + printable(text) + '\n';
    }

    void hear(const ScoutLine& line) {
        if (line.fact == "outcome") {
            outcome_ = json::parse(line.value, nullptr, false);
            return;
        }
        if (line.fact == "unresolved") {
            unresolved_ = line.value;
            return;
        }
        if (line.fact == "checkpoint") {
            checkpoint_ = line.value;
        }
        if (options_.json) {
            console_.out << fmt::format("{{\"{}\":{}}}\n", line.fact, line.value);
        } else {
            say(line.fact, line.fact == "checkpoint" ? line.value : words_of(line));
        }
    }

    static std::string words_of(const ScoutLine& line) {
        const auto value = json::parse(line.value, nullptr, false);
        if (line.fact == "heartbeat") {
            const auto done = value.value("fraction", json());
            constexpr double percent = 100.0;
            return (done.is_number() ? fmt::format("{:.0f} % ", done.get<double>() * percent) : ""
                   ) +
                   value.value("message", "");
        }
        if (line.fact == "log") {
            const auto fields = value.value("fields", json());
            return value.value("level", "") + "  " + value.value("message", "") +
                   (fields.is_null() ? "" : "  " + fields.dump());
        }
        return line.value;
    }

    void say(std::string_view what, const std::string& words) const {
        console_.err << fmt::format(
            "{} {}\n", palette_.paint(Tone::faint, fmt::format("{:<11}", what)), printable(words)
        );
    }

    ExitCode conclude(const ScoutEnding& ending) {
        if (!ending.findings.empty()) {
            const auto error = plugin_host::to_error(ending.findings.front());
            throw CommandFailure(
                ExitCode::refused, fmt::format("{} {}", options_.file.string(), error.detail)
            );
        }
        if (unresolved_) {
            throw CommandFailure(ExitCode::refused, *unresolved_);
        }
        if (outcome_.is_object()) {
            const auto code = conclude_outcome();
            if (ending.kind != ScoutEnding::Kind::finished) {
                say("warning", fmt::format("the plugin {} {}", ending.fault(), ending.last));
            }
            return code;
        }
        if (ending.kind == ScoutEnding::Kind::late) {
            return fail(
                "killed",
                fmt::format(
                    "{} had not returned after {} s; give what it waits for a limit, or raise "
                    "--limit",
                    options_.callable,
                    options_.limit_seconds
                ),
                ExitCode::step_stopped
            );
        }
        return fail(
            "crashed",
            fmt::format(
                "{} {} after {} ms, {}; a host would count a failed attempt; find the place with: "
                "gdb --args tenon step run --in-process …",
                options_.callable,
                ending.fault(),
                ending.took.count(),
                ending.last
            ),
            ExitCode::step_crashed
        );
    }

    ExitCode fail(const std::string& outcome, const std::string& message, ExitCode code) const {
        if (options_.json) {
            console_.out << json{{"outcome", outcome}, {"message", message}}.dump() << '\n';
        } else {
            say(outcome, message);
        }
        return code;
    }

    ExitCode conclude_outcome() const {
        const auto kind = outcome_.value("outcome", "");
        if (kind == "completed") {
            const auto result = outcome_.value("result", "");
            console_.out << (options_.json
                                 ? fmt::format(R"({{"outcome":"completed","result":{}}})", result)
                                 : result)
                         << '\n';
            return ExitCode::ok;
        }
        if (options_.json) {
            console_.out << outcome_.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
        }
        if (kind == "yielded") {
            if (!options_.json) {
                say("yielded", "go on with --checkpoint '" + checkpoint_ + "'");
            }
            return ExitCode::step_yielded;
        }
        const auto code = outcome_.value("error_code", "");
        const auto retryable = outcome_.value("retryable", json());
        if (!options_.json) {
            say("failed",
                fmt::format(
                    "{}: {} ({}){}",
                    code,
                    outcome_.value("message", ""),
                    retryable.is_null() ? "retried as the template says"
                    : retryable         ? "another attempt may help"
                                        : "for good",
                    outcome_.value("context", json()).is_null()
                        ? ""
                        : " " + outcome_.value("context", json()).dump()
                ));
        }
        if (code == "CANCELLED" || code == "handler_timeout") {
            return ExitCode::step_stopped;
        }
        return retryable == false ? ExitCode::task_failed : ExitCode::step_retryable;
    }

    const StepRunOptions& options_;
    const TaskConsole& console_;
    Palette palette_;
    json outcome_;
    std::string checkpoint_;
    std::optional<std::string> unresolved_;
};

ExitCode run_once(const StepRunOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] { return StepRun(options, console).run(); });
}

ExitCode run_again_and_again(const StepRunOptions& options, const TaskConsole& console) {
    constexpr std::chrono::milliseconds between{200};
    const Interruption interruption;
    auto last = ExitCode::ok;
    std::vector<std::filesystem::path> places{options.input, options.initialization};
    places.push_back(options.build.empty() ? options.file : options.source);
    while (!interruption.requested()) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): this command has one thread.
        if (options.build.empty() || std::system(options.build.c_str()) == 0) {
            last = run_once(options, console);
        } else {
            console.err << "tenon: '" << options.build << "' failed; waiting for a change\n";
            last = ExitCode::usage;
        }
        console.out.flush();
        const auto seen = fingerprint(places);
        while (!interruption.requested() && fingerprint(places) == seen) {
            interruption.wait_for(between);
        }
    }
    return last;
}

}  // namespace

ExitCode run_step(const StepRunOptions& options, const TaskConsole& console) {
    return options.watch ? run_again_and_again(options, console) : run_once(options, console);
}

}  // namespace tenon::app
