#pragma once

#include <csignal>
#include <cstddef>

namespace tenon::plugin_host {

/// A stack of its own for this thread's signal handlers, without which nobody could tell that the
/// thread's own overflowed. On the thread itself, for as long as plugins' code may run there.
class AlternateStack {
public:
    /// Without memory for it there is none; then an overflow goes untold.
    AlternateStack() noexcept;
    ~AlternateStack();
    AlternateStack(const AlternateStack&) = delete;
    AlternateStack& operator=(const AlternateStack&) = delete;

private:
    std::size_t bytes_ = 0;
    void* memory_ = nullptr;
    stack_t before_{};
};

}  // namespace tenon::plugin_host
