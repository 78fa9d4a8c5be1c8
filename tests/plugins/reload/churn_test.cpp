// Many reloads under load, a fifth of them of broken builds. TENON_RELOADS sets how many.

#include "plugins/footprint.hpp"
#include "rolling_plugins.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

namespace tenon::plugin_host {
namespace {

using tenon::testing::Footprint;
using Clock = std::chrono::steady_clock;

int reloads_wanted() {
    const char* text = std::getenv("TENON_RELOADS");  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? 100 : std::max(20, std::atoi(text));
}

double quantile(std::vector<double> values, std::size_t percent) {
    std::ranges::sort(values);
    return values.at(std::min(values.size() - 1, values.size() * percent / 100));
}

class Churn : public RollingPlugins {
protected:
    struct Load {
        std::atomic<bool> stop{false};
        std::atomic<std::uint64_t> calls{0};
        std::atomic<std::uint64_t> failed{0};
        std::atomic<std::uint64_t> stale{0};
        std::array<std::atomic<int>, 2> published{1, 1};  // The version, by plugin.
        std::atomic<std::int64_t> longest_gap_ns{0};      // Between two calls of one thread.

        void note_gap(Clock::duration gap) {
            const auto ns = std::chrono::nanoseconds(gap).count();
            auto longest = longest_gap_ns.load();
            while (ns > longest && !longest_gap_ns.compare_exchange_weak(longest, ns)) {
            }
        }
    };

    /// Calls both plugins in turn; a call that begins after a publication must see it.
    void call_on(Load& load) {
        auto last = Clock::now();
        for (unsigned turn = 0; !load.stop; ++turn) {
            const auto now = Clock::now();
            load.note_gap(now - last);
            last = now;
            const auto which = turn % 2;
            const int before = load.published.at(which);
            const auto got = answer(which == 0 ? 'a' : 'b');
            const int after = load.published.at(which);
            ++load.calls;
            const bool version = got.size() == 5 && got.ends_with(".0.0");
            load.failed += version ? 0 : 1;
            // Between two publications the next one may be seen already.
            const int seen = version ? got.front() - '0' : 0;
            load.stale +=
                version && before == after && seen != before && seen != next(before) ? 1 : 0;
        }
    }

    static int next(int version) { return version % 5 + 1; }

    /// One that must be refused, of several kinds.
    static std::string broken(int number) {
        switch (number % 4) {
            case 0: return bytes("a_crash");
            case 1: return bytes("a1").substr(0, 2000U + static_cast<std::size_t>(number));
            case 2: return "no plugin " + std::to_string(number);
            default: return bytes("a1").substr(0, 700);
        }
    }

    void deploy(int version, char plugin, Load& load) {
        const auto content = bytes(std::string(1, plugin) + std::to_string(version));
        version % 2 == 0 ? overwrite(content, plugin) : replace(content, plugin);
        const auto loaded = lifecycle().reload(target(plugin));
        ASSERT_TRUE(loaded.front().result) << loaded.front().result.error().detail;
        load.published.at(plugin == 'a' ? 0 : 1) = version;
    }
};

TEST_F(Churn, LosesNoCallAndGathersNothing) {
    replace(bytes("a1"));
    replace(bytes("b1"), 'b');
    start();
    Load load;
    std::vector<std::jthread> callers;
    for (int i = 0; i < 2; ++i) {
        callers.emplace_back([&] { call_on(load); });
    }
    const int wanted = reloads_wanted();
    std::array<int, 2> version{1, 1};
    std::vector<double> times;
    std::vector<double> gaps;
    Footprint warm;
    for (int i = 0; i < wanted; ++i) {
        if (i == wanted / 5) {
            warm = Footprint::take();
        }
        const auto which = static_cast<std::size_t>(i % 2);
        const char plugin = which == 0 ? 'a' : 'b';
        if (i % 5 == 4) {
            overwrite(broken(i), plugin);
            EXPECT_FALSE(lifecycle().reload(target(plugin)).front().result);
            continue;
        }
        version.at(which) = next(version.at(which));
        const auto began = Clock::now();
        load.longest_gap_ns = 0;
        deploy(version.at(which), plugin, load);
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        gaps.push_back(static_cast<double>(load.longest_gap_ns) / 1e6);
    }
    load.stop = true;
    callers.clear();
    const bool drained = eventually([this] {
        const auto counts = lifecycle().transitions();
        const auto of = [&](PluginState state) {
            return counts.at(static_cast<std::size_t>(state));
        };
        return of(PluginState::retired_closed) == of(PluginState::draining);
    });
    EXPECT_TRUE(drained);
    Footprint now;
    const bool small = eventually([&] {
        now = Footprint::take();
        return now.is_no_more_than(warm, 20);
    });
    std::cout << wanted << " reloads, " << load.calls << " calls, " << load.failed << " failed, "
              << load.stale << " stale\none reload: p50 " << quantile(times, 50) << " ms, p99 "
              << quantile(times, 99) << " ms; longest time without a new call during one: p50 "
              << quantile(gaps, 50) << " ms, p99 " << quantile(gaps, 99)
              << " ms\nafter a fifth: " << warm << "\nat the end:    " << now << '\n';
    EXPECT_LE(quantile(gaps, 99), 100.0);
    EXPECT_GT(load.calls, 1000U);
    EXPECT_EQ(load.failed, 0U);
    EXPECT_EQ(load.stale, 0U);
    EXPECT_TRUE(small) << "something stays behind";
    if (!tenon::testing::sanitized) {
        EXPECT_LE(now.resident_kib, warm.resident_kib + 8192);
    }
}

}  // namespace
}  // namespace tenon::plugin_host
