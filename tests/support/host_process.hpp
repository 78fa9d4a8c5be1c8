#pragma once

#include "support/child_program.hpp"

#include <memory>
#include <signal.h>
#include <string>
#include <vector>

namespace tenon::testing {

/// A real `tenon host` as a child process, on a port of its own. [setup]
///
/// The variables TENON_TEST_PROFILE and TENON_TEST_MODE become the options --profile and --mode of
/// every host that does not have them already: so one suite runs in each combination.
class HostProcess {
public:
    struct Options {
        std::string database_url = {};  ///< Empty: an embedded server in `data_directory`.
        std::string data_directory = {};
        std::string role = "all";
        std::string plugins = example_plugins();  ///< A folder, or empty.
        std::string templates = {};               ///< A folder, or empty.
        std::vector<std::string> more = {};       ///< Further arguments.
        std::string fault = {};                   ///< TENON_FAULT: where it kills itself.
        bool supervised = false;                  ///< Else the child process is the host itself.
    };

    /// Starts it and returns at once.
    explicit HostProcess(const Options& options);

    /// The plugins of this build's examples, and the templates for them.
    static std::string example_plugins();
    static std::string example_templates();

    /// Waits until it says that it is ready. Throws with its log when it ends or a minute passes.
    void await_ready();

    /// Where its HTTP listens; empty without the orchestration role. Requires `await_ready`.
    std::string url() const;

    /// The number under which it registered last, as the database knows it.
    std::string host_id() const;

    /// SIGKILL, then reaps it.
    void kill_hard();

    /// Sends `signal` and waits for the end; 128 + 9 when it had to be killed after a minute.
    int stop(int signal = SIGTERM);

    /// Sends `signal` and waits for nothing.
    void send(int signal) { program_.send(signal); }

    /// Freezes it; SIGCONT wakes it.
    void freeze() { program_.send(SIGSTOP); }

    void wake() { program_.send(SIGCONT); }

    pid_t pid() const noexcept { return program_.pid(); }

    bool running() { return !program_.exit_code(); }

    /// As ChildProgram's.
    std::optional<int> exit_code() { return program_.exit_code(); }

    std::string log() const { return program_.err(); }

    bool logged(std::string_view text) const { return log().find(text) != std::string::npos; }

private:
    ChildProgram program_;
};

/// A host that is ready.
std::unique_ptr<HostProcess> start_host(const HostProcess::Options& options);

/// The process of the embedded server in `data_directory`; 0 when none runs.
pid_t postmaster_of(const std::string& data_directory);

/// How to connect to the embedded server in `data_directory`, which must run.
std::string embedded_conninfo(const std::string& data_directory);

}  // namespace tenon::testing
