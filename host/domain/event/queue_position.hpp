#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace tenon {

/// How far a reader is on a queue that it reads without taking anything from it.
///
/// Numbers are given out before the commit, so a lower number may appear after a higher one. Those
/// between are missing until they appear, or until no transaction can be that slow any more: they
/// were taken by somebody, or rolled back. Not thread-safe.
class QueuePosition {
public:
    using Clock = std::chrono::steady_clock;

    /// How long a number that was passed over may still appear, and how many are remembered.
    static constexpr std::chrono::seconds patience{10};
    static constexpr std::size_t missing_max = 10'000;

    /// Everything up to `newest` is behind.
    explicit QueuePosition(std::int64_t newest) noexcept : newest_(newest) {}

    /// True when this number is met for the first time.
    bool meet(std::int64_t number, Clock::time_point now);

    std::int64_t newest() const noexcept { return newest_; }

    /// Numbers to look for again.
    std::vector<std::int64_t> missing(Clock::time_point now);

private:
    std::int64_t newest_;
    std::map<std::int64_t, Clock::time_point> missing_;  ///< Each with the end of its patience.
};

}  // namespace tenon
