#include "served.hpp"

#include "plugin_host/crash/crash_file.hpp"
#include "support/child_program.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <sstream>

namespace tenon::corpus {
namespace {

std::atomic<int> served{0};

}  // namespace

ServingHost::~ServingHost() {
    EXPECT_TRUE(neighbour().answers()) << neighbour().complaint();
    EXPECT_EQ(neighbour().wrong(), 0U) << neighbour().complaint();
    note_served();
}

bool ChildHost::went_on() const {
    return exit_code == 0 && !lines.empty() && lines.back() == "serves on";
}

std::vector<std::string> ChildHost::answers() const {
    constexpr std::string_view mark = "answer ";
    std::vector<std::string> answers;
    for (const auto& line : lines) {
        if (line.starts_with(mark)) {
            answers.push_back(line.substr(mark.size()));
        }
    }
    return answers;
}

ChildHost call_in_child(
    const std::filesystem::path& directory,
    const std::string& guest,
    const std::string& method,
    int times
) {
    std::filesystem::create_directories(directory);
    const auto report = directory / "report";
    std::filesystem::remove(report);
    tenon::testing::ChildProgram program(
        {TENON_CORPUS_CHILD,
         directory.string(),
         report.string(),
         guest,
         method,
         std::to_string(times)}
    );
    ChildHost child;
    child.exit_code = program.wait().value_or(-1);
    for (const auto& left : plugin_host::find_crashes(directory / "crashes")) {
        child.crash = left.record;
        std::filesystem::remove(left.file);
    }
    std::istringstream told(tenon::testing::read_file(report));
    for (std::string line; std::getline(told, line);) {
        child.lines.push_back(line);
    }
    const bool before = std::ranges::find(child.lines, "served") != child.lines.end();
    EXPECT_TRUE(before) << "no neighbour was served before " << method << ": " << program.err();
    if (before) {
        note_served();
    }
    return child;
}

void note_served() {
    ++served;
}

int served_neighbours() {
    return served;
}

void forget_served() {
    served = 0;
}

}  // namespace tenon::corpus
