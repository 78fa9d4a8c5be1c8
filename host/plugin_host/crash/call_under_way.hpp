#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/plugin_info.hpp"

#include <string>

namespace tenon::plugin_host {

/// What a thread does with the code of a plugin. The signal handler reads it where it lies, so
/// everything it points to stays until the thread is done.
struct GuestWork {
    const PluginInfo* build;
    const std::string* callable = nullptr;  ///< Null: it is loaded, started or ended.
    const StepCall* step = nullptr;
};

/// What this thread does with which plugin; null: nothing.
inline constinit thread_local const GuestWork* guest_work = nullptr;

/// Says so for as long as it lives, at the cost of a few stores. One inside of another is fine.
class GuestWorkScope {
public:
    explicit GuestWorkScope(const GuestWork& work) noexcept : work_(work), outer_(guest_work) {
        guest_work = &work_;
    }

    ~GuestWorkScope() { guest_work = outer_; }

    GuestWorkScope(const GuestWorkScope&) = delete;
    GuestWorkScope& operator=(const GuestWorkScope&) = delete;

private:
    const GuestWork work_;
    const GuestWork* const outer_;
};

}  // namespace tenon::plugin_host
