#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace tenon::plugin_host {

/// How one call went, as far as the build is concerned.
enum class CallVerdict : std::uint8_t {
    well,    ///< It gave a result, or yielded.
    failed,  ///< Its handler reported a failure: business as usual.
    fault,   ///< The build itself is to blame: it broke the contract of its call.
};

/// The verdict on a failure with this code. Faults are those that only the host can report.
CallVerdict verdict_on(std::string_view error_code) noexcept;

/// What is known of the calls into one build.
struct CallCounts {
    std::uint64_t calls = 0;  ///< Those that ended.
    std::uint64_t in_flight = 0;
    std::uint64_t failures = 0;  ///< Of either kind.
    std::uint64_t faults = 0;
};

/// Counts the calls into one generation, and says when one was a fault while the build is on
/// probation. [any-thread]
class CallTally {
public:
    using Clock = std::chrono::steady_clock;

    /// Before the first call. `on_fault` runs on the thread of the call and must not throw. [setup]
    void watch(std::function<void()> on_fault);

    /// Faults are only counted from now on.
    void stop_watching() noexcept { watched_ = false; }

    bool watched() const noexcept { return watched_; }

    void begin() noexcept { begun_.fetch_add(1, std::memory_order_relaxed); }

    void end(CallVerdict verdict) noexcept;

    CallCounts counts() const noexcept;

    /// A newer build of the plugin is active from `now` on: calls that begin go to that one.
    void replace(Clock::time_point now) noexcept { replaced_at_ = now.time_since_epoch().count(); }

    /// When that was; unset while the build is active.
    std::optional<Clock::time_point> replaced_at() const noexcept {
        const Clock::duration::rep at = replaced_at_;
        return at == 0 ? std::nullopt : std::optional(Clock::time_point(Clock::duration(at)));
    }

private:
    std::function<void()> on_fault_;
    std::atomic<bool> watched_{false};
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> ended_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> faults_{0};
    std::atomic<Clock::duration::rep> replaced_at_{0};
};

}  // namespace tenon::plugin_host
