#include "plugin_host/reload/call_tally.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenon::plugin_host {

CallVerdict verdict_on(std::string_view error_code) noexcept {
    constexpr std::array<std::string_view, 7> faults{
        "async_unsupported",
        "foreign_exception",
        "handler_not_created",
        "handler_status",
        "invalid_result",
        "plugin_crashed",
        "yield_without_checkpoint"
    };
    return std::ranges::find(faults, error_code) == faults.end() ? CallVerdict::failed
                                                                 : CallVerdict::fault;
}

void CallTally::watch(std::function<void()> on_fault) {
    on_fault_ = std::move(on_fault);
    watched_ = true;
}

void CallTally::end(CallVerdict verdict) noexcept {
    failures_.fetch_add(verdict == CallVerdict::well ? 0 : 1, std::memory_order_relaxed);
    faults_.fetch_add(verdict == CallVerdict::fault ? 1 : 0, std::memory_order_relaxed);
    ended_.fetch_add(1, std::memory_order_release);
    if (verdict == CallVerdict::fault && watched_) {
        on_fault_();
    }
}

CallCounts CallTally::counts() const noexcept {
    CallCounts counts;
    // In this order: more may have begun than ended, never the other way round.
    counts.calls = ended_.load(std::memory_order_acquire);
    counts.failures = failures_.load(std::memory_order_relaxed);
    counts.faults = faults_.load(std::memory_order_relaxed);
    counts.in_flight = begun_.load(std::memory_order_relaxed) - counts.calls;
    return counts;
}

}  // namespace tenon::plugin_host
