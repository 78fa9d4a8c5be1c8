#include "support/child_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;

constexpr int not_started = 127;
constexpr std::chrono::milliseconds look_interval(3);

fs::path make_directory() {
    auto name = (fs::temp_directory_path() / "tenon-child-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary directory can be made");
    }
    return name;
}

std::vector<char*> environment(std::vector<std::string>& more) {
    std::vector<char*> kept;
    for (auto& variable : more) {
        kept.push_back(variable.data());
    }
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("TENON_")) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

std::string read_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

int open_stream(const fs::path& file) {
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/// In the child: everything was allocated before the fork.
[[noreturn]] void become(
    const std::vector<char*>& arguments,
    const std::vector<char*>& variables,
    int out,
    int err
) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execve(arguments.front(), arguments.data(), variables.data());
    ::_exit(not_started);
}

}  // namespace

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(look_interval);
    }
    return true;
}

ChildProgram::ChildProgram(std::vector<std::string> words, std::vector<std::string> variables)
    : directory_(make_directory()) {
    std::vector<char*> arguments;
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const auto entries = environment(variables);
    const int out = open_stream(directory_ / "out");
    const int err = open_stream(directory_ / "err");
    pid_ = ::fork();
    if (pid_ == 0) {
        become(arguments, entries, out, err);
    }
    ::close(out);
    ::close(err);
    if (pid_ < 0) {
        throw std::runtime_error("cannot fork");
    }
}

ChildProgram::~ChildProgram() {
    if (!exit_code()) {
        send(SIGKILL);
        wait();
    }
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void ChildProgram::send(int signal) const {
    // A reaped child's number may be somebody else's by now.
    if (!exit_code_) {
        ::kill(pid_, signal);
    }
}

std::optional<int> ChildProgram::exit_code() {
    int status = 0;
    if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return exit_code_;
}

std::optional<int> ChildProgram::wait(std::chrono::milliseconds limit) {
    eventually([this] { return exit_code().has_value(); }, limit);
    return exit_code_;
}

std::string ChildProgram::out() const {
    return read_file(directory_ / "out");
}

std::string ChildProgram::err() const {
    return read_file(directory_ / "err");
}

std::string Ending::complaint() const {
    auto text = std::string_view(err);
    while (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    text.remove_prefix(std::min(text.rfind('\n') + 1, text.size()));
    constexpr std::string_view mark = "tenon: ";
    return text.starts_with(mark) ? std::string(text.substr(mark.size()))
                                  : fmt::format("no sentence, but: {}", err);
}

std::string tenon_executable() {
    return TENON_BINARY_DIR "/tenon";
}

Ending run_tenon(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), tenon_executable());
    ChildProgram program(std::move(arguments));
    const auto code = program.wait();
    return {.exit_code = code.value_or(-1), .out = program.out(), .err = program.err()};
}

}  // namespace tenon::testing
