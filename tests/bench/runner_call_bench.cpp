// What a call costs: in process, and through a runner on the same core and on any. And how soon a
// crash has become a failed attempt. The program fails beyond its bounds.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr Microseconds in_process_bound(1.0);
constexpr Microseconds runner_bound(30.0);
constexpr Microseconds crash_bound(10'000.0);

struct Figures {
    Microseconds quickest;
    Microseconds median;
    Microseconds p99;
};

Figures figures_of(std::vector<Microseconds> took) {
    std::ranges::sort(took);
    return {took.front(), took[took.size() / 2], took[took.size() * 99 / 100]};
}

/// A registry with one plugin in it.
class Plugin {
public:
    Plugin(Isolation isolation, const std::string& file)
        : registry_(
              {.snapshot_directory = files_.path() / "snapshots",
               .isolation = {.usual = isolation},
               .runners = {.program = TENON_BINARY_DIR "/tenon-plugin-runner"}}
          ) {
        const auto loaded = registry_.load(file);
        if (!loaded) {
            throw std::runtime_error(loaded.error().detail);
        }
    }

    std::shared_ptr<const Handler> handler(std::string_view callable) const {
        return registry_.resolve(callable).value();
    }

private:
    tenon::testing::PrivateDirectory files_;
    PluginRegistry registry_;
};

Microseconds call(const Handler& handler, int times, std::string_view code = "") {
    StepCall step;
    step.context_json = "{}";
    step.initialization_json = "{}";
    const auto begin = Clock::now();
    for (int i = 0; i < times; ++i) {
        const auto outcome = handler.invoke(step);
        const auto* failed = std::get_if<StepFailure>(&outcome);
        if ((failed == nullptr ? "" : failed->error_code) != code) {
            throw std::runtime_error("a call went wrong");
        }
    }
    return Microseconds(Clock::now() - begin) / times;
}

Figures measure(const Handler& handler, int rounds, int times) {
    std::vector<Microseconds> took;
    call(handler, 10 * times);
    for (int i = 0; i < rounds; ++i) {
        took.push_back(call(handler, times));
    }
    return figures_of(std::move(took));
}

void stay_on(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
}

bool report(std::string_view what, Figures figures, Microseconds judged, Microseconds bound) {
    const bool kept = judged <= bound;
    std::cout << what << ": " << figures.median.count() << " us, quickest "
              << figures.quickest.count() << " us, p99 " << figures.p99.count() << " us"
              << (kept ? "" : ", beyond its bound of ")
              << (kept ? "" : std::to_string(bound.count())) << '\n';
    return kept;
}

Figures crash_figures() {
    const Plugin plugin(Isolation::process, TENON_GUEST_DIRECTORY "/captive.so");
    const auto crash = plugin.handler("captive::crash");
    const auto echo = plugin.handler("captive::echo");
    std::vector<Microseconds> took;
    for (int i = 0; i < 20; ++i) {
        call(*echo, 1);
        took.push_back(call(*crash, 1, "plugin_crashed"));
    }
    return figures_of(std::move(took));
}

int run() {
    bool kept = true;
    const Plugin inside(Isolation::in_process, TENON_PLUGIN_DIRECTORY "/noop.so");
    const auto& callable = inside.handler("noop::NoopHandler");
    const auto inside_figures = measure(*callable, 1000, 100);
    kept = report("a call in process", inside_figures, inside_figures.median, in_process_bound) &&
           kept;
    {
        const Plugin apart(Isolation::process, TENON_PLUGIN_DIRECTORY "/noop.so");
        const auto unpinned = measure(*apart.handler("noop::NoopHandler"), 2000, 1);
        report("a call in a runner, any core", unpinned, unpinned.median, Microseconds(1000.0));
    }
    // The quickest: a busy machine takes its time to give a dead process's memory back.
    const auto crashes = crash_figures();
    kept =
        report("a crash, until its attempt has failed", crashes, crashes.quickest, crash_bound) &&
        kept;
    stay_on(0);  // And with this process the runners that it starts.
    const Plugin beside(Isolation::process, TENON_PLUGIN_DIRECTORY "/noop.so");
    const auto pinned = measure(*beside.handler("noop::NoopHandler"), 2000, 1);
    kept = report("a call in a runner, same core", pinned, pinned.median, runner_bound) && kept;
    return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace tenon::plugin_host

int main() {
    return tenon::plugin_host::run();
}
