#include "other_host.hpp"

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tenon::database {

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

OtherHost::OtherHost(const std::string& data_directory) {
    std::array<int, 2> to_host{};
    std::array<int, 2> from_host{};
    if (pipe2(to_host.data(), O_CLOEXEC) != 0 || pipe2(from_host.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipes");
    }
    pid_ = fork();
    if (pid_ == 0) {
        dup2(to_host[0], STDIN_FILENO);
        dup2(from_host[1], STDOUT_FILENO);
        execl(TENON_EMBEDDED_HOST, "embedded_host", data_directory.c_str(), nullptr);
        _exit(127);
    }
    close(to_host[0]);
    close(from_host[1]);
    input_ = to_host[1];
    output_ = from_host[0];
}

OtherHost::~OtherHost() {
    close(input_);
    reap();
    close(output_);
}

std::string OtherHost::first_line() {
    std::string line;
    for (char letter = 0; read(output_, &letter, 1) == 1 && letter != '\n';) {
        line += letter;
    }
    return line;
}

void OtherHost::kill_hard() {
    kill(pid_, SIGKILL);
    reap();
}

void OtherHost::reap() {
    if (pid_ > 0) {
        waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
}

}  // namespace tenon::database
