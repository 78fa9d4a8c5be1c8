#pragma once

#include <cstdint>

namespace tenon::plugin_host {

/// Stands around code that may fork: the forked process ends where the code returns, because one
/// call has one outcome, and everything around it belongs to the process that was there before.
class ForkGuard {
public:
    ForkGuard() noexcept;
    ForkGuard(const ForkGuard&) = delete;
    ForkGuard& operator=(const ForkGuard&) = delete;

    /// In a process that was forked since this object was made: ends it, running nothing more.
    ~ForkGuard();

private:
    std::uint64_t forks_;
};

}  // namespace tenon::plugin_host
