#pragma once

#include <chrono>
#include <cstdint>

namespace tenon::worker {

/// How many steps a host claims beyond its handler slots: as many as its quick handlers finish in
/// two windows, by the best of the latest windows. A slot that is free again before the next call
/// has come back would wait for that call, and calls that carry few steps cost the database several
/// times as much a step.
///
/// Only attempts that were over in a moment count. Slow handlers leave what they cannot begin to
/// other hosts.
class Lookahead {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds window{10};
    static constexpr std::chrono::microseconds moment{1000};
    static constexpr int memory = 8;  ///< After so many windows without one that ends, 0 is left.

    /// `most`: never claim more than this beyond the slots; 0: nothing.
    explicit Lookahead(std::int32_t most) : most_(most) {}

    std::int32_t most() const noexcept { return most_; }

    /// A handler ran for `execution` and ended at `now`.
    void ended(std::chrono::microseconds execution, Clock::time_point now);

    /// How many at `now`.
    std::int32_t steps(Clock::time_point now) const;

private:
    const std::int32_t most_;
    Clock::time_point begun_{};  // Of the window that is counted now.
    std::int32_t counted_ = 0;
    std::int32_t best_ = 0;  // Of the windows before; fades.
};

}  // namespace tenon::worker
