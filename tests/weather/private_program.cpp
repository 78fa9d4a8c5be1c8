#include "weather/private_program.hpp"

#include "database/embedded/child_process.hpp"
#include "database/embedded/server_account.hpp"
#include "support/private_directory.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::testing {
namespace {

void give_away(const std::string& path) {
    const auto account = database::server_account();
    if (account && ::chown(path.c_str(), account->uid, account->gid) != 0) {
        throw std::runtime_error("cannot give away " + path);
    }
}

}  // namespace

PrivateProgram::PrivateProgram() {
    give_away(directory());
}

PrivateProgram::~PrivateProgram() {
    stop(SIGQUIT);
}

void PrivateProgram::write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::trunc) << text;
    give_away(file(name));
}

void PrivateProgram::run_once(const std::string& program, const std::vector<std::string>& arguments)
    const {
    const auto result = database::run_to_end({program, arguments, database::server_account()});
    if (result.exit_code != 0) {
        throw std::runtime_error(program + " failed:\n" + result.output);
    }
}

void PrivateProgram::start(const std::string& program, const std::vector<std::string>& arguments) {
    const int log = ::open(file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    pid_ = database::spawn({program, arguments, database::server_account(), SIGQUIT, log});
    ::close(log);
}

void PrivateProgram::send(int signal) const {
    if (pid_ > 0) {
        ::kill(pid_, signal);
    }
}

void PrivateProgram::stop(int signal) {
    send(signal);
    if (pid_ > 0) {
        ::waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
}

std::string PrivateProgram::log() const {
    return read_file(file("log"));
}

}  // namespace tenon::testing
