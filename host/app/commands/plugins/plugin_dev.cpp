#include "app/commands/plugins/plugin_dev.hpp"

#include "app/commands/steps/source_watch.hpp"
#include "app/supervision/host_child.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/interruption.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <utility>
#include <vector>

namespace tenon::app {
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds between_looks{200};

/// What belongs to the host and not to the project: hidden, so that nobody takes it for a source.
constexpr const char* own_folder = ".tenon";

/// A kind of project, by the file that it is known by.
struct ProjectKind {
    const char* mark;
    const char* build;
    const char* output;
};

constexpr std::array kinds{
    ProjectKind{"Makefile", "make", "."},
    ProjectKind{"CMakeLists.txt", "cmake -B build && cmake --build build", "build"},
};

void enter(const fs::path& directory) {
    std::error_code problem;
    fs::current_path(directory, problem);
    if (problem) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format(
                "{} is no folder to work in: {}; begin a project with: tenon plugin new NAME",
                directory.string(),
                problem.message()
            )
        );
    }
}

/// Fills in what the user left to the project.
DevOptions completed(DevOptions options) {
    for (const auto& kind : kinds) {
        if (options.build.empty() && fs::exists(kind.mark)) {
            options.build = kind.build;
            options.output = options.output.empty() ? kind.output : options.output;
        }
    }
    if (options.build.empty()) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format(
                "{} has neither a Makefile nor a CMakeLists.txt: say with --build how it is built",
                options.directory.string()
            )
        );
    }
    options.output = options.output.empty() ? "." : options.output;
    std::error_code problem;
    fs::create_directories(options.output, problem);
    if (problem) {
        throw CommandFailure(
            ExitCode::usage,
            fmt::format("{} cannot be made: {}", options.output.string(), problem.message())
        );
    }
    return options;
}

/// The host of one session, in a process of its own; its log goes where this process's does.
class DevHost {
public:
    explicit DevHost(const DevOptions& options) : pid_(start_again(words(options), {})) {}

    DevHost(const DevHost&) = delete;
    DevHost& operator=(const DevHost&) = delete;

    ~DevHost() {
        if (!ending_) {
            ::kill(pid_, SIGTERM);
            await();
        }
    }

    bool running() {
        int status = 0;
        if (!ending_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
            keep(status);
        }
        return !ending_;
    }

    /// Its exit code.
    int stop() {
        if (running()) {
            ::kill(pid_, SIGTERM);
            await();
        }
        return ending_->exit_code();
    }

private:
    static std::vector<std::string> words(const DevOptions& options) {
        const fs::path own = own_folder;
        std::vector<std::string> words{
            "tenon",
            "host",
            "--plugins",
            options.output.string(),
            "--templates",
            ".",
            "--plugin-state",
            (own / "plugins").string(),
            "--data-dir",
            (own / "data").string()
        };
        const auto add = [&words](const char* name, const std::string& value) {
            if (!value.empty()) {
                words.emplace_back(name);
                words.push_back(value);
            }
        };
        add("--database-url", options.database_url);
        add("--listen", options.listen);
        add("--isolation", options.isolation);
        return words;
    }

    void await() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        keep(status);
    }

    void keep(int status) {
        const bool exited = WIFEXITED(status);
        ending_ = {.by_signal = !exited, .code = exited ? WEXITSTATUS(status) : WTERMSIG(status)};
    }

    const pid_t pid_;
    std::optional<ChildEnding> ending_;
};

class DevSession {
public:
    DevSession(const DevOptions& options, const TaskConsole& console)
        : options_(options), console_(console) {}

    ExitCode run() {
        look();
        build();
        if (stopped()) {
            return ExitCode::ok;
        }
        DevHost host(options_);
        while (!stopped() && host.running()) {
            interruption_.wait_for(between_looks);
            if (look()) {
                build();
            }
        }
        const bool wanted = stopped();
        const int code = host.stop();
        if (code != 0) {
            throw CommandFailure(
                ExitCode::host_error,
                fmt::format(
                    "the host {} with exit code {}; its log above says why",
                    wanted ? "stopped" : "ended",
                    code
                )
            );
        }
        return ExitCode::ok;
    }

private:
    bool stopped() const noexcept { return interrupted_ || interruption_.requested(); }

    /// True when a source was saved since the last look, also during a build.
    bool look() {
        const auto sources = fingerprint(std::vector<fs::path>{"."});
        return std::exchange(seen_, sources) != sources;
    }

    void build() {
        say(fmt::format("building: {}", options_.build));
        const auto begin = std::chrono::steady_clock::now();
        // NOLINTNEXTLINE(concurrency-mt-unsafe): this command has one thread.
        const int status = std::system(options_.build.c_str());
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        // Ctrl-C goes to the build, not to whoever waits for it.
        interrupted_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
        if (interrupted_) {
            return;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            say(fmt::format("built in {:.1f} s; the host looks at what is new", took.count()));
        } else {
            say("the build failed: what was loaded before stays; waiting for a change");
        }
    }

    void say(const std::string& sentence) const {
        console_.out << printable("dev: " + sentence) << '\n';
        console_.out.flush();
    }

    const DevOptions& options_;
    const TaskConsole& console_;
    const Interruption interruption_;
    std::uint64_t seen_ = 0;
    bool interrupted_ = false;
};

}  // namespace

ExitCode develop_plugin(const DevOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        enter(options.directory);
        const auto complete = completed(options);
        return DevSession(complete, console).run();
    });
}

}  // namespace tenon::app
