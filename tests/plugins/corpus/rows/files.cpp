// Rows 44 to 48: what happens to the file of a plugin that runs.

#include "expectations.hpp"
#include "scenarios.hpp"
#include "support/child_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace tenon::corpus::rows {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace plugin_host;
using tenon::testing::eventually;

namespace {

const std::string callable = "corpus::Gate";

bool answers(const CorpusHost& host, const std::string& version) {
    return eventually([&] { return host.answer(callable, "version") == '"' + version + '"'; }, 20s);
}

void run(const std::string& command) {
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
}

/// A call that is inside of the handler until the gate opens.
class Waiting {
public:
    Waiting(const CorpusHost& host, fs::path gate) : gate_(std::move(gate)) {
        fs::remove(gate_);
        auto handler = host.handler(callable);
        thread_ = std::jthread([this, handler = std::move(handler)]() mutable {
            const auto name = gate_.string();
            StepCall step;
            step.method = "waits";
            step.step_name = name;
            answer_ = to_text(handler->invoke(step));
            handler.reset();
        });
    }

    std::string end() {
        std::ofstream(gate_) << "open";
        thread_.join();
        return answer_;
    }

private:
    fs::path gate_;
    std::string answer_;
    std::jthread thread_;
};

std::size_t loads(CorpusHost& host) {
    return host.lifecycle().transitions().at(static_cast<std::size_t>(PluginState::active));
}

std::size_t refusals(CorpusHost& host) {
    return host.lifecycle().transitions().at(static_cast<std::size_t>(PluginState::rejected));
}

/// As `rsync --inplace` does: block by block into the file that is there.
void write_in_place(const fs::path& file, std::string_view content) {
    const FileDescriptor target(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    constexpr std::size_t block = 4096;
    for (std::size_t at = 0; at < content.size(); at += block) {
        const auto part = content.substr(at, block);
        ASSERT_EQ(
            ::pwrite(target.get(), part.data(), part.size(), static_cast<off_t>(at)),
            static_cast<ssize_t>(part.size())
        );
    }
    ASSERT_EQ(::ftruncate(target.get(), static_cast<off_t>(content.size())), 0);
}

}  // namespace

void replaced_by_tools(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory, &CorpusHost::watch);
    expect_accepted(host, "gate1", "gate");
    const auto target = host.file("gate").string();
    const auto builds = trial.directory / "builds";
    fs::create_directory(builds);
    for (const std::string number : {"1", "2"}) {
        std::ofstream(builds / number, std::ios::binary) << CorpusHost::bytes("gate" + number);
    }
    const std::vector<std::string> tools{
        "cp {0} {1}",
        "cat {0} > {1}",
        "cp {0} {1}.new && mv {1}.new {1}",
        "install {0} {1}",
        "python3 -c \"open('{1}', 'wb').write(open('{0}', 'rb').read())\"",
        "dd if={0} of={1} conv=notrunc status=none && truncate -r {0} {1}",
    };
    int number = 1;
    for (const auto& tool : tools) {
        const auto before = fmt::format("\"{}.0.0\"", number);
        Waiting waiting(host, trial.directory / "open");
        number = 3 - number;
        const auto build = (builds / std::to_string(number)).string();
        run(fmt::format(fmt::runtime(tool), build, target));
        EXPECT_TRUE(answers(host, fmt::format("{}.0.0", number))) << tool;
        EXPECT_EQ(waiting.end(), before) << tool;
    }
    Waiting waiting(host, trial.directory / "open");
    const auto before = fmt::format("\"{}.0.0\"", number);
    write_in_place(target, CorpusHost::bytes("gate" + std::to_string(3 - number)));
    EXPECT_TRUE(answers(host, fmt::format("{}.0.0", 3 - number))) << "written in place";
    const auto active = loads(host);
    run("strip --strip-all -R .comment " + target);
    EXPECT_TRUE(eventually([&] { return loads(host) == active + 1; })) << "stripped";
    run("objcopy --add-section .more=/etc/hostname " + target);
    EXPECT_TRUE(eventually([&] { return loads(host) == active + 2; })) << "objcopied";
    const auto refused = refusals(host);
    fs::resize_file(target, 3000);
    EXPECT_TRUE(eventually([&] { return refusals(host) > refused; })) << "truncated";
    fs::remove(target);
    fs::create_symlink(builds / "1", target);
    EXPECT_TRUE(eventually([&] { return refusals(host) > refused + 1; })) << "a link";
    EXPECT_EQ(waiting.end(), before);
    EXPECT_TRUE(answers(host, fmt::format("{}.0.0", 3 - number)));
}

void deleted(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory, &CorpusHost::watch);
    expect_accepted(host, "gate1", "gate");
    Waiting waiting(host, trial.directory / "open");
    fs::remove(host.file("gate"));
    EXPECT_TRUE(eventually([&] { return host.lifecycle().status().files.size() == 1; }));
    EXPECT_EQ(host.answer(callable, "version"), R"("1.0.0")");
    fs::remove_all(host.folder());
    EXPECT_TRUE(eventually([&] { return host.lifecycle().status().files.empty(); }));
    EXPECT_EQ(host.answer(callable, "version"), R"("1.0.0")");
    EXPECT_EQ(waiting.end(), R"("1.0.0")");
    EXPECT_EQ(host.lifecycle().status("corpus.gate")->generations.size(), 1U);
    // A folder in its place is heard as the first one was, at the next look.
    fs::create_directory(host.folder());
}

void slow_copy(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory, &CorpusHost::watch);
    expect_accepted(host, "gate1", "gate");
    const auto active = loads(host);
    const auto refused = refusals(host);
    const auto content = CorpusHost::bytes("gate2");
    {
        std::ofstream file(host.file("gate"), std::ios::binary | std::ios::trunc);
        const auto half = content.size() / 2;
        file.write(content.data(), static_cast<std::streamsize>(half)).flush();
        // Longer than any wait for quiet.
        std::this_thread::sleep_for(2500ms);
        EXPECT_EQ(host.answer(callable, "version"), R"("1.0.0")");
        file.write(content.data() + half, static_cast<std::streamsize>(content.size() - half));
    }
    EXPECT_TRUE(answers(host, "2.0.0"));
    // A build answers a moment before its load is counted.
    EXPECT_TRUE(tenon::testing::eventually([&] { return loads(host) == active + 1; }));
    // As `cmake --install` does it: an empty file, which goes again, then the real one.
    std::ofstream(host.file("gate"), std::ios::trunc).close();
    fs::remove(host.file("gate"));
    host.put("gate", CorpusHost::bytes("gate1"));
    EXPECT_TRUE(answers(host, "1.0.0"));
    EXPECT_TRUE(tenon::testing::eventually([&] { return loads(host) == active + 2; }));
    EXPECT_EQ(refusals(host), refused) << host.lifecycle().history("").front().reason;
}

void touched(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory, &CorpusHost::watch);
    expect_accepted(host, "gate1", "gate");
    const auto before = host.lifecycle().transitions();
    fs::last_write_time(host.file("gate"), fs::file_time_type::clock::now());
    expect_accepted(host, "gate1", "gate");
    std::ofstream(host.file("gate"), std::ios::binary) << CorpusHost::bytes("gate1");
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(host.lifecycle().transitions(), before);
    EXPECT_EQ(host.lifecycle().status("corpus.gate")->generations.size(), 1U);
    EXPECT_EQ(host.answer(callable, "version"), R"("1.0.0")");
}

void saved_often(const Trial& trial) {
    constexpr int saves = 50;
    ServingHost host(trial.mode, trial.directory, [](auto& options) {
        options.watch = {.quiet = 250ms, .most = 2000ms, .rescan = 60s};
    });
    expect_accepted(host, "gate2", "gate");
    const auto active = loads(host);
    for (int i = 1; i <= saves; ++i) {
        // Another build each time, the last of which is 1.0.0.
        const auto build = CorpusHost::bytes(i == saves ? "gate1" : "gate2");
        host.put("gate", build + std::string(static_cast<std::size_t>(i), 'x'));
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_TRUE(answers(host, "1.0.0")) << "the last one";
    EXPECT_LE(loads(host), active + 2);
}

}  // namespace tenon::corpus::rows
