// One plugin in two builds, with a static of each build's own.
#include <tenon/plugin.hpp>

#include <atomic>

TENON_PLUGIN("guest.versioned", GUEST_VERSION);

TENON_STEP("guest::Version", [](tenon::StepContext&) -> tenon::StepResult {
    static std::atomic<int> calls{0};
    return std::string(GUEST_VERSION "/") + std::to_string(++calls);
});
