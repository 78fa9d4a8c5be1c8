#pragma once

#include <atomic>

namespace tenon {
namespace detail {

/// True when TENON_FAULT is set, from before main.
extern const std::atomic<bool> faults_wanted;

void pass_fault_point(const char* name) noexcept;

}  // namespace detail

/// A named place between two effects at which a test can kill this process.
///
/// With TENON_FAULT=name, or name:n for its n-th passing, the process sends itself SIGKILL here:
/// nothing is flushed, no destructor runs, as when the machine takes it away. Otherwise a passing
/// costs one relaxed load. Names are lower case, such as "step_pump.sent", and tests find them in
/// the sources: give each place its own, as a literal. [any-thread]
inline void fault_point(const char* name) noexcept {
    if (detail::faults_wanted.load(std::memory_order_relaxed)) {
        detail::pass_fault_point(name);
    }
}

}  // namespace tenon
