// The README's "Your first plugin", typed by somebody who does exactly as it says.

#include "support/child_program.hpp"
#include "support/postgres.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <chrono>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// Every indented line of that section, in order.
std::vector<std::string> commands_of(const std::string& text, const std::string& heading) {
    std::vector<std::string> commands;
    std::istringstream lines(text);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("## ")) {
            inside = line == "## " + heading;
        } else if (inside && line.starts_with("    ")) {
            commands.push_back(line.substr(4));
        }
    }
    return commands;
}

/// A port that nobody listens on: other tests have hosts, too.
int free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(probe);
    return ntohs(address.sin_port);
}

std::size_t count(const std::string& text, const std::string& words) {
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
        ++times;
    }
    return times;
}

TEST(Walkthrough, OfTheReadmeEndsWithATaskOnTheNewBuild) {
    const auto commands =
        commands_of(read_file(TENON_SOURCE_DIR "/README.md"), "Your first plugin");
    ASSERT_GE(commands.size(), 10U) << "the section is gone, or has another heading";
    const PrivateDirectory home;
    const TemporaryDirectory data;  // Which PostgreSQL can reach, as another user.
    const auto port = free_port();
    // Whatever happens, no host stays behind.
    auto script = fmt::format(
        "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
        "export HOME='{0}' XDG_RUNTIME_DIR='{0}' TENON_DATA_DIR='{2}/data'\n"
        "export TENON_LISTEN=127.0.0.1:{1} TENON_URL=http://127.0.0.1:{1}\n"
        "cd '" TENON_SOURCE_DIR "'\nset -e -o pipefail\n",
        home.path().string(),
        port,
        data.path()
    );
    for (const auto& command : commands) {
        script += command + "\n";
    }
    const auto file = home.write("walkthrough.sh", script).string();
    ChildProgram shell({"/bin/bash", file});
    const auto ended = shell.wait(240s);
    const auto said = shell.out() + shell.err() + read_file(home.path() / "shop/run/host.log");
    ASSERT_EQ(ended, 0) << said;
    const auto first = shell.out().find("\"hello, world\"");
    const auto second = shell.out().find("\"good morning, world\"");
    ASSERT_NE(first, std::string::npos) << said;
    ASSERT_NE(second, std::string::npos) << said;
    EXPECT_LT(first, second);
    EXPECT_EQ(count(shell.out(), "valid: "), 2U) << said;
    EXPECT_THAT(said, HasSubstr("stopped"));
}

}  // namespace
}  // namespace tenon::testing
