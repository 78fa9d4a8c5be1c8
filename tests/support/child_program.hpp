#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::testing {

/// Looks again and again until `done` holds. False when `limit` passes first.
bool eventually(
    const std::function<bool()>& done,
    std::chrono::milliseconds limit = std::chrono::seconds(30)
);

/// A child process with both output streams kept in files. It gets SIGTERM when the test dies, and
/// SIGKILL when this object goes; it is always reaped. Start it from the main thread: the kernel
/// ties its life to the thread that made it.
class ChildProgram {
public:
    /// `words`: the program's path and its arguments. TENON_* variables are not passed on, but
    /// `variables`, each NAME=VALUE, are.
    explicit ChildProgram(std::vector<std::string> words, std::vector<std::string> variables = {});
    ~ChildProgram();
    ChildProgram(const ChildProgram&) = delete;
    ChildProgram& operator=(const ChildProgram&) = delete;

    pid_t pid() const noexcept { return pid_; }

    void send(int signal) const;

    /// Its exit code, or 128 + the signal that ended it; nothing while it runs.
    std::optional<int> exit_code();

    /// Waits for its end. Nothing when `limit` passes first.
    std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

    /// What it wrote so far.
    std::string out() const;
    std::string err() const;

private:
    std::filesystem::path directory_;
    pid_t pid_ = 0;
    std::optional<int> exit_code_;
};

/// How a command ended.
struct Ending {
    int exit_code = -1;
    std::string out;
    std::string err;

    /// The sentence in which the command says what is wrong: its last line, without "tenon: ".
    std::string complaint() const;
};

/// Runs `tenon` with `arguments` to its end; a command that takes more than a minute is killed.
Ending run_tenon(std::vector<std::string> arguments);

/// The executable under test.
std::string tenon_executable();

}  // namespace tenon::testing
