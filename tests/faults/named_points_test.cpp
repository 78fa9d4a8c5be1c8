// SIGKILL at every place of the host's own code that has a name: see foundation/fault_point.hpp.

#include "arena/campaign.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto hit_limit = 6s;
constexpr int killed = 128 + SIGKILL;

/// Every name in the sources of the host, with the layer in which it stands: none can be forgotten.
std::map<std::string, std::string> named_points() {
    static const std::regex call(R"re(\bfault_point\("([a-z_.]+)"\))re");
    std::map<std::string, std::string> points;
    const fs::path host = TENON_SOURCE_DIR "/host";
    for (const auto& entry : fs::recursive_directory_iterator(host)) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") {
            continue;
        }
        std::ifstream file(entry.path());
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const auto layer = fs::relative(entry.path(), host).begin()->string();
        for (std::sregex_iterator found(text.begin(), text.end(), call), end; found != end;
             ++found) {
            points.emplace((*found)[1], layer);
        }
    }
    return points;
}

/// A parameter is the profile.
class NamedPointTest : public ::testing::TestWithParam<std::string> {
protected:
    NamedPointTest() { arena_.start_all(); }

    /// Hosts that would kill themselves at the n-th passing, and work for them.
    void run_round(const std::string& name, const std::string& layer, int nth) {
        const auto fault = fmt::format("{}:{}", name, nth);
        SCOPED_TRACE(fault);
        campaign_.make_room();
        const auto armed = arm(layer, fault);
        for (int i = 0; i < nth; ++i) {
            campaign_.begin_trial(fault);
        }
        const bool hit = eventually(
            [&] {
                return std::ranges::any_of(armed, [](Fighter* fighter) {
                    return fighter->process->exit_code() == killed;
                });
            },
            hit_limit
        );
        hits_ += hit ? 1 : 0;
        missed_.insert(missed_.end(), hit ? 0 : 1, fault);
        for (auto* fighter : armed) {
            arena_.replace(*fighter);
        }
    }

    void report() {
        std::cout << fmt::format(
            "named points, {}: killed at {}; {}\n", GetParam(), hits_, campaign_.summary()
        );
        for (const auto& fault : missed_) {
            std::cout << "not reached: " << fault << "\n";
        }
        std::cout << std::flush;
    }

    Arena arena_{GetParam()};
    Campaign campaign_{arena_, Trial::Door::http, 8};
    std::vector<std::string> missed_;
    int hits_ = 0;

private:
    /// Presence is everybody's, and the duty of rescue goes to the workers when the brain dies.
    std::vector<Fighter*> arm(const std::string& layer, const std::string& fault) {
        std::vector<Fighter*> armed;
        if (layer == "orchestration") {
            armed = {&arena_.brain()};
        } else if (layer == "worker") {
            armed = {&arena_.hands(2)};
        } else {
            armed = {&arena_.hands(1), &arena_.hands(2)};
        }
        for (auto* fighter : armed) {
            fighter->process->kill_hard();
            arena_.start(*fighter, fault);
        }
        // One that comes too late finds nothing to do.
        for (auto* fighter : armed) {
            eventually([&] {
                return fighter->process->logged(" ready\n") || !fighter->process->running();
            });
        }
        if (layer == "app") {
            arena_.replace(arena_.brain());
        }
        return armed;
    }
};

TEST_P(NamedPointTest, OfAHostLosesNothing) {
    const auto points = named_points();
    EXPECT_GE(points.size(), 12U);
    for (const auto& [name, layer] : points) {
        // In the direct profile workers settle what they did themselves.
        const bool queues = name.starts_with("step_results.") || name.starts_with("finalizations.");
        // Only a host with nothing else to do begins what it is asked for: see kill_test.cpp.
        const bool idle = name == "step_pump.started";
        if (idle || (queues && GetParam() == "direct")) {
            continue;
        }
        for (const int nth : {1, 2}) {
            if (!campaign_.hopeless()) {
                run_round(name, layer, nth);
            }
        }
    }
    campaign_.expect_everything_right();
    report();
    for (const auto& fault : missed_) {
        EXPECT_FALSE(fault.ends_with(":1")) << fault << " was not reached";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    NamedPointTest,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
