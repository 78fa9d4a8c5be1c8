#pragma once

#include "support/postgres.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::testing {

/// A server program that a test starts, signals and ends by its number, run as an unprivileged user
/// in a directory of its own, which holds its files and its socket.
class PrivateProgram {
public:
    PrivateProgram();
    ~PrivateProgram();
    PrivateProgram(const PrivateProgram&) = delete;
    PrivateProgram& operator=(const PrivateProgram&) = delete;

    const std::string& directory() const noexcept { return directory_.path(); }

    std::string file(const std::string& name) const { return directory() + '/' + name; }

    /// Replaces the file `name` in the directory.
    void write(const std::string& name, const std::string& text) const;

    /// Runs `program` to its end; throws with what it wrote when it fails.
    void run_once(const std::string& program, const std::vector<std::string>& arguments) const;

    void start(const std::string& program, const std::vector<std::string>& arguments);

    /// Sends `signal` to it.
    void send(int signal) const;

    /// Sends `signal` and waits for the end.
    void stop(int signal);

    std::string log() const;

private:
    TemporaryDirectory directory_;
    pid_t pid_ = 0;
};

}  // namespace tenon::testing
