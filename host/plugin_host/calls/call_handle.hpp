#pragma once

#include <tenon/abi/call.h>

#include <cstdint>

namespace tenon::plugin_host {

/// What a plugin holds of a call: a number in the shape of a pointer, which is never used twice. So
/// a handle that is used after its call ended is recognised, instead of followed to memory that
/// belongs to somebody else by then.
class CallHandle {
public:
    /// Gives `call` a handle. Throws Exception(unavailable) when too many calls run.
    explicit CallHandle(tenon_call& call);
    CallHandle(const CallHandle&) = delete;
    CallHandle& operator=(const CallHandle&) = delete;
    ~CallHandle();

    tenon_call* get() const noexcept;

    /// From now on the handle means nothing. Waits for services that other threads are in.
    void end() noexcept;

private:
    std::uint32_t slot_ = 0;
    std::uint64_t generation_ = 0;
    bool ended_ = false;
};

/// The call behind a handle while a service runs. [any-thread]
class CallAccess {
public:
    explicit CallAccess(const tenon_call* handle) noexcept;
    CallAccess(const CallAccess&) = delete;
    CallAccess& operator=(const CallAccess&) = delete;
    ~CallAccess();

    /// Null when the handle's call ended, or never was.
    tenon_call* get() const noexcept { return call_; }

private:
    std::uint32_t slot_ = 0;
    tenon_call* call_ = nullptr;
};

/// How often plugins used handles of calls that had ended, in this process.
std::uint64_t late_handle_uses() noexcept;

}  // namespace tenon::plugin_host
