// Rows 49 to 56 and 58 to 60: one build after the other, and beside others.

#include "expectations.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/inspection/file_report.hpp"
#include "plugin_host/scout/process_traces.hpp"
#include "plugins/calm_sanitizers.hpp"
#include "plugins/footprint.hpp"
#include "scenarios.hpp"
#include "support/child_program.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <elf.h>
#include <fmt/format.h>
#include <iostream>
#include <sys/resource.h>
#include <thread>

namespace tenon::corpus::rows {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace plugin_host;
using tenon::testing::eventually;
using tenon::testing::Footprint;
using ::testing::HasSubstr;

namespace {

const std::string gate = "corpus::Gate";

std::size_t count(CorpusHost& host, PluginState state) {
    return host.lifecycle().transitions().at(static_cast<std::size_t>(state));
}

/// The copies of this plugin's builds that the host keeps.
std::vector<fs::path> copies(const CorpusHost& host, const std::string& name) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(host.state())) {
        if (entry.path().filename().string().starts_with(name + '-')) {
            found.push_back(entry.path());
        }
    }
    return found;
}

/// Sets a limit of this process, and gives it back.
class Limit {
public:
    Limit(__rlimit_resource resource, rlim_t most) : resource_(resource) {
        ::getrlimit(resource_, &before_);
        const rlimit now{.rlim_cur = most, .rlim_max = before_.rlim_max};
        ::setrlimit(resource_, &now);
    }

    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

    ~Limit() { ::setrlimit(resource_, &before_); }

private:
    __rlimit_resource resource_;
    rlimit before_{};
};

/// Once each active build has its one runner in reserve, no other has any, and nothing has
/// changed for a while.
Footprint at_rest(const Trial& trial, ServingHost& host) {
    EXPECT_TRUE(eventually([&] {
        bool complete = true;
        for (const auto* plugin : {"corpus.gate", "guest.rolling.b"}) {
            const auto status = host.lifecycle().status(plugin);
            for (const auto& build : status->generations) {
                const bool active = build.state == PluginState::active;
                const std::size_t wanted = active && !trial.in_process() ? 1 : 0;
                complete = complete && build.runners.pids.size() == wanted;
            }
        }
        return complete;
    }));
    auto last = Footprint::take();
    for (int same = 0, looks = 0; same < 30 && looks < 500; ++looks) {
        std::this_thread::sleep_for(10ms);
        const auto now = Footprint::take();
        const bool still = now.descriptors == last.descriptors && now.threads == last.threads;
        same = still ? same + 1 : 0;
        last = now;
    }
    return last;
}

}  // namespace

void calls_in_flight(const Trial& trial) {
    const int calls = trial.in_process() ? 1000 : 16;
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "gate1", "gate");
    const auto open = (trial.directory / "open").string();
    std::atomic<int> old{0};
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < calls; ++i) {
            callers.emplace_back([&, handler = host.handler(gate)] {
                StepCall step;
                step.method = "waits";
                step.step_name = open;
                old += to_text(handler->invoke(step)) == R"("1.0.0")" ? 1 : 0;
            });
        }
        const auto inside = [&] {
            const auto active = host.lifecycle().status("corpus.gate")->generations.back();
            return active.calls.in_flight == static_cast<std::uint64_t>(calls);
        };
        EXPECT_TRUE(eventually(inside));
        expect_accepted(host, "gate2", "gate");
        EXPECT_EQ(host.answer(gate, "version"), R"("2.0.0")");
        EXPECT_EQ(host.handler(gate)->generation().info().generation, 3U);
        EXPECT_EQ(count(host, PluginState::retired_closed), 0U) << "it is in use";
        std::ofstream(open) << "open";
    }
    EXPECT_EQ(old, calls);
    EXPECT_TRUE(eventually([&] { return count(host, PluginState::retired_closed) == 1; }));
}

void many_reloads(const Trial& trial) {
    const int reloads = trial.in_process() ? 1000 : 200;
    log::start(log::Level::warning);  // some lines a reload would hide what fails
    ServingHost host(trial.mode, trial.directory);
    const auto all_but_one_closed = [&](int built) {
        const auto retired = static_cast<std::size_t>(built - 1);
        return eventually([&] { return count(host, PluginState::retired_closed) == retired; });
    };
    Footprint warm;
    for (int i = 1; i <= reloads; ++i) {
        const auto version = std::to_string(i % 2 + 1);
        expect_accepted(host, "gate" + version, "gate");
        ASSERT_EQ(host.answer(gate, "version"), '"' + version + ".0.0\"");
        if (i == reloads / 2) {
            EXPECT_TRUE(all_but_one_closed(i));
            warm = at_rest(trial, host);
        }
    }
    EXPECT_TRUE(all_but_one_closed(reloads));
    Footprint now;
    const auto small = [&] {
        now = at_rest(trial, host);
        const bool resident = now.resident_kib <= warm.resident_kib * 105 / 100;
        return now.is_no_more_than(warm, 10) && (tenon::testing::sanitized || resident);
    };
    EXPECT_TRUE(eventually(small)) << "something stays behind";
    std::cout << "at half: " << warm << "\nthen:    " << now << '\n';
}

void stays_mapped(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "thread_local1", "thread_local");
    EXPECT_EQ(host.answer("corpus::ThreadLocal"), "1");
    EXPECT_EQ(host.answer("corpus::ThreadLocal"), "2");
    // Its destructor waits for this thread to end, and its code with it.
    expect_accepted(host, "thread_local2", "thread_local");
    EXPECT_EQ(host.answer("corpus::ThreadLocal"), "1");
    const auto ended =
        trial.in_process() ? PluginState::retired_pinned : PluginState::retired_closed;
    EXPECT_TRUE(eventually([&] { return count(host, ended) == 1; }));

    expect_accepted(host, "rolling_stays1", "stays");
    expect_accepted(host, "rolling_stays2", "stays");
    EXPECT_EQ(host.answer("rolling::a"), R"("2.0.0")");
    EXPECT_TRUE(eventually([&] { return count(host, ended) == 2; }));
}

void worse_build(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "rolling_a1", "rolling");
    expect_accepted(host, "rolling_a_faulty", "rolling");
    EXPECT_THAT(host.answer("rolling::a"), ::testing::StartsWith("invalid_result: "));
    EXPECT_TRUE(eventually([&] { return host.answer("rolling::a") == R"("1.0.0")"; }));
    const auto quarantine = host.lifecycle().status().quarantine;
    ASSERT_EQ(quarantine.size(), 1U);
    EXPECT_THAT(quarantine.front().reason, HasSubstr("calls failed by its own fault"));
    EXPECT_THAT(
        host.deploy("rolling_a_faulty", "rolling").error().detail,
        HasSubstr("is in quarantine since")
    );
}

void dropped_callable(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "gate1", "gate");
    const auto held = host.handler(gate);
    expect_accepted(host, "gate_dropped", "gate");
    EXPECT_EQ(host.answer("corpus::OtherGate", "version"), R"("3.0.0")");
    const auto gone = host.lifecycle().registry().resolve(gate);
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().detail, HasSubstr("no plugin provides corpus::Gate: loaded are"));
    StepCall step;
    step.method = "version";
    EXPECT_EQ(to_text(held->invoke(step)), R"("1.0.0")");
    ASSERT_TRUE(host.lifecycle().rollback("corpus.gate"));
    EXPECT_EQ(host.answer(gate, "version"), R"("1.0.0")");
}

void no_way_back(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "gate1", "gate");
    expect_accepted(host, "gate2", "gate");
    EXPECT_TRUE(eventually([&] { return count(host, PluginState::retired_closed) == 1; }));
    // The earlier build's copy, with a byte that nobody looks at changed.
    const auto build = CorpusHost::bytes("gate1");
    const auto kept = copies(host, "gate");
    const auto first = std::ranges::find_if(kept, [&](const auto& file) {
        return tenon::testing::read_file(file) == build;
    });
    ASSERT_NE(first, kept.end());
    auto changed = build;
    changed[EI_PAD] = 'x';
    fs::permissions(*first, fs::perms::owner_all);
    std::ofstream(*first, std::ios::binary) << changed;
    const auto corrupt = host.lifecycle().rollback("corpus.gate");
    ASSERT_FALSE(corrupt) << "bytes that nobody tried were loaded";
    EXPECT_THAT(corrupt.error().detail, HasSubstr("is not the build that was kept"));
    EXPECT_EQ(host.answer(gate, "version"), R"("2.0.0")");
    fs::remove(*first);
    const auto missing = host.lifecycle().rollback("corpus.gate");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().detail, HasSubstr("No such file or directory"));
    EXPECT_EQ(host.answer(gate, "version"), R"("2.0.0")");
}

void other_toolchains(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const auto builds = fs::path(TENON_BINARY_DIR) / "tests/plugins/independence";
    std::size_t tried = 0;
    for (const auto& entry : fs::directory_iterator(builds)) {
        if (entry.path().extension() != ".so") {
            continue;
        }
        const auto name = entry.path().stem().string();
        const auto loaded = host.deploy_bytes(name, tenon::testing::read_file(entry.path()));
        ASSERT_TRUE(loaded) << loaded.error().detail;
        StepCall step;
        step.context_json = R"({"number":12})";
        EXPECT_EQ(to_text(host.invoke("independence::" + name, "call", step)), R"({"square":144})");
        ++tried;
    }
    EXPECT_EQ(tried, 7U);
}

void two_libraries(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "borrower1");
    expect_accepted(host, "borrower2");
    EXPECT_EQ(host.answer("corpus::1", "library"), "1");
    EXPECT_EQ(host.answer("corpus::2", "library"), trial.in_process() ? "1" : "2")
        << "one process has one library of a name";
    const auto report = report_file(host.file("borrower2"), {});
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(std::ranges::any_of(report->findings, [](const Finding& finding) {
        return finding.rule == PluginRule::own_libraries;
    })) << "nobody was warned";
}

void fossils(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    std::size_t tried = 0;
    for (const auto& entry :
         fs::directory_iterator(fs::path(TENON_SOURCE_DIR) / "tests/plugins/fossils")) {
        if (entry.path().extension() != ".so") {
            continue;
        }
        const auto loaded = host.deploy_bytes("fossil", tenon::testing::read_file(entry.path()));
        ASSERT_TRUE(loaded) << loaded.error().detail;
        StepCall step;
        step.context_json = R"({"number": 12})";
        step.initialization_json = "{}";
        EXPECT_EQ(to_text(host.invoke("fossil::Square", "call", step)), "144") << entry;
        ++tried;
    }
    EXPECT_EQ(tried, 5U);
}

void killed_host(const Trial& trial) {
    const auto report = trial.directory / "report";
    const auto state = trial.directory / "state";
    for (int i = 0; i < 5; ++i) {
        fs::remove(report);
        tenon::testing::ChildProgram host(
            {TENON_CORPUS_CHILD, trial.directory.string(), report.string(), "--reload"}
        );
        const auto lines = [&] {
            const auto text = tenon::testing::read_file(report);
            return std::ranges::count(text, '\n');
        };
        ASSERT_TRUE(eventually([&] { return lines() > 5 + 3 * i; })) << host.err();
        host.send(SIGKILL);
        EXPECT_EQ(host.wait(), 128 + SIGKILL);
    }
    ServingHost host(trial.mode, trial.directory);
    EXPECT_THAT(host.answer(gate, "version"), ::testing::AnyOf(R"("1.0.0")", R"("2.0.0")"));
    const auto directories = std::count_if(
        fs::directory_iterator(state),
        fs::directory_iterator(),
        [](const auto& entry) { return entry.path().filename().string().starts_with("plugins-"); }
    );
    EXPECT_EQ(directories, 1) << "the copies of the killed hosts are still there";
}

void no_resources(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "gate1", "gate");
    host.put("gate", CorpusHost::bytes("gate2"));
    ASSERT_NE(::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    std::string without_space;
    std::string without_descriptors;
    {
        const Limit limit(RLIMIT_FSIZE, 4096);
        without_space = refusal(host, "gate");
    }
    {
        const Limit limit(RLIMIT_NOFILE, 3);
        without_descriptors = refusal(host, "gate");
        EXPECT_TRUE(host.neighbour().answers());
    }
    EXPECT_THAT(without_space, ::testing::StartsWith("cannot be copied to "));
    EXPECT_THAT(without_space, HasSubstr(": File too large"));
    EXPECT_THAT(without_descriptors, HasSubstr("cannot be opened: Too many open files"));
    EXPECT_EQ(host.answer(gate, "version"), R"("1.0.0")");
    EXPECT_EQ(refusal(host, "gate"), "accepted");
    EXPECT_EQ(host.answer(gate, "version"), R"("2.0.0")");
}

}  // namespace tenon::corpus::rows
