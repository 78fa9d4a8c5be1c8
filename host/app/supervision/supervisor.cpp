#include "app/supervision/supervisor.hpp"

#include "app/database_urls.hpp"
#include "app/supervision/crash_recovery.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/crash_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/wait.h>
#include <system_error>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "supervisor";

// A host that crashed left steps to others, or to its successor.
constexpr int steps_left = 6;

// What a host ends with that said why it cannot run: with a wrong configuration, or at all.
bool cannot_start(int code) {
    constexpr int wrong_configuration = 2;
    constexpr int failure = 5;
    return code == wrong_configuration || code == failure;
}

// That the host does not wait for by itself, so that it must not find them blocked.
const std::vector<int> own_signals{SIGQUIT, SIGCHLD};

sigset_t heeded_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) {
        ::sigaddset(&set, signal);
    }
    return set;
}

timespec until(std::chrono::steady_clock::time_point at) {
    const auto left = std::max(at - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

Supervisor::Supervisor(HostOptions options, std::vector<std::string> arguments)
    : options_(std::move(options)),
      arguments_(std::move(arguments)),
      crash_directory_(crash_directory(options_)),
      policy_(options_.supervision.most_crashes, options_.supervision.healthy) {}

int Supervisor::run() {
    const auto signals = heeded_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // Inherited as ignored, the host would be reaped by nobody.
    ::signal(SIGCHLD, SIG_DFL);
    if (options_.database_url.empty()) {
        session_conninfo(options_);  // Refuses a --direct-url without its database.
        server_.emplace(database::EmbeddedServer::Options{
            .data_directory = options_.data_directory,
            .log = [](std::string_view sentence) { log::info("database", sentence); }
        });
        server_->start();
    }
    start_host();
    std::optional<int> code;
    while (!code) {
        siginfo_t signal{};
        if (start_at_) {
            const auto wait = until(*start_at_);
            if (::sigtimedwait(&signals, &signal, &wait) < 0) {
                if (errno == EAGAIN) {
                    start_host();
                }
                continue;
            }
        } else if (::sigwaitinfo(&signals, &signal) < 0) {
            continue;
        }
        code = heed(signal);
    }
    if (server_) {
        server_->stop();
    }
    return *code;
}

void Supervisor::start_host() {
    start_at_.reset();
    started_ = Clock::now();
    crash_name_ = crash_file_name();
    auto arguments = arguments_;
    arguments.push_back("--supervised=" + crash_name_);
    if (server_) {
        arguments.push_back("--supervised-database=" + server_->conninfo());
    }
    host_ = start_again(std::move(arguments), own_signals);
}

std::optional<int> Supervisor::heed(const siginfo_t& signal) {
    if (signal.si_signo == SIGCHLD) {
        return look_at_host();
    }
    if (signal.si_signo != SIGHUP) {
        told_to_stop_ = true;
    }
    if (host_ != 0) {
        ::kill(host_, signal.si_signo);
        return std::nullopt;
    }
    return told_to_stop_ ? std::optional(steps_left) : std::nullopt;
}

std::optional<int> Supervisor::look_at_host() {
    int status = 0;
    if (host_ == 0 || ::waitpid(host_, &status, WNOHANG) != host_) {
        return std::nullopt;  // The server's, or that of a host which was only stopped.
    }
    host_ = 0;
    const bool exited = WIFEXITED(status);
    return ended({.by_signal = !exited, .code = exited ? WEXITSTATUS(status) : WTERMSIG(status)});
}

std::optional<int> Supervisor::ended(const ChildEnding& ending) {
    // A host that ends in order takes its crash file away. One that was never up and cannot start
    // says why itself; one that cannot start again, after it crashed, is tried again.
    std::error_code none;
    const bool in_order = !ending.by_signal && !std::filesystem::exists(crash_file(), none);
    if (in_order && (told_to_stop_ || policy_.in_a_row() == 0 || !cannot_start(ending.code))) {
        return ending.code;
    }
    const auto account =
        in_order ? "the host cannot start again, and says why above" : account_of(ending);
    if (told_to_stop_) {
        log::error(component, account + " while it stopped");
        return ending.exit_code();
    }
    const auto lived =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
    const auto delay = policy_.crashed(lived);
    if (!delay) {
        log::error(
            component,
            fmt::format(
                "{}; it is the {}. crash in a row, none of the hosts lived for {} ms: giving up. "
                "Find out what crashes it, or allow more with --restarts",
                account,
                policy_.in_a_row(),
                options_.supervision.healthy.count()
            )
        );
        return gave_up;
    }
    log::error(
        component,
        fmt::format(
            "{}; starting it again in {} ms, crash {} in a row",
            account,
            delay->count(),
            policy_.in_a_row()
        )
    );
    start_at_ = Clock::now() + *delay;
    return std::nullopt;
}

std::string Supervisor::account_of(const ChildEnding& ending) const {
    if (const auto record = plugin_host::read_crash_file(crash_file());
        record && record->stage != plugin_host::CrashStage::none) {
        return fmt::format("host {} {}", record->process, plugin_host::describe(*record));
    }
    return ending.by_signal
               ? "the host died of " + plugin_host::signal_name(ending.code) + " without a word"
               : fmt::format("the host ended with exit code {} without a word", ending.code);
}

std::filesystem::path Supervisor::crash_file() const {
    return crash_directory_ / (crash_name_ + ".crash");
}

}  // namespace tenon::app
