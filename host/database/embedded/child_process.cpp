#include "database/embedded/child_process.hpp"

#include "foundation/error.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tenon::database {
namespace {

constexpr std::size_t kept_output_max = 16384;
constexpr int not_started = 127;

/// Everything execve needs, prepared before the fork: the child may not allocate.
struct Image {
    explicit Image(const ChildCommand& command) : words{command.program.string()} {
        words.insert(words.end(), command.arguments.begin(), command.arguments.end());
        for (auto& word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        for (auto& entry : variables) {
            environment.push_back(entry.data());
        }
        environment.push_back(nullptr);
    }

    std::vector<std::string> words;
    std::array<std::string, 3> variables{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"};
    std::vector<char*> arguments;
    std::vector<char*> environment;
};

void reset_signals() noexcept {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < SIGRTMIN; ++number) {
        sigaction(number, &standard, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool connect_streams(int output) noexcept {
    const int empty = open("/dev/null", O_RDWR);
    if (empty < 0) {
        return false;
    }
    dup2(empty, STDIN_FILENO);
    dup2(output >= 0 ? output : empty, STDOUT_FILENO);
    dup2(output >= 0 ? output : empty, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    return true;
}

[[noreturn]] void become(const ChildCommand& command, Image& image, pid_t parent) noexcept {
    setsid();
    reset_signals();
    if (!connect_streams(command.output) || chdir("/") != 0 ||
        (command.account && !drop_privileges(*command.account))) {
        _exit(not_started);
    }
    // After setuid, which clears it; and the parent may have died before it took effect.
    if (command.death_signal != 0) {
        prctl(PR_SET_PDEATHSIG, command.death_signal);
        if (getppid() != parent) {
            _exit(not_started);
        }
    }
    execve(image.arguments.front(), image.arguments.data(), image.environment.data());
    _exit(not_started);
}

int wait_for_exit(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

pid_t spawn(const ChildCommand& command) {
    Image image(command);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        become(command, image, parent);
    }
    if (child < 0) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "cannot start {}: {}; free processes or memory",
                 command.program.string(),
                 std::generic_category().message(errno)
             )}
        );
    }
    return child;
}

ChildResult run_to_end(ChildCommand command) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "cannot open a pipe: {}; raise the descriptor limit",
                 std::generic_category().message(errno)
             )}
        );
    }
    command.output = ends[1];
    command.death_signal = SIGKILL;
    const pid_t child = spawn(command);
    close(ends[1]);

    ChildResult result;
    std::array<char, 4096> chunk{};
    for (;;) {
        const auto got = read(ends[0], chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        result.output.append(chunk.data(), static_cast<std::size_t>(got));
        if (result.output.size() > kept_output_max) {
            result.output.erase(0, result.output.size() - kept_output_max);
        }
    }
    close(ends[0]);
    result.exit_code = wait_for_exit(child);
    return result;
}

}  // namespace tenon::database
