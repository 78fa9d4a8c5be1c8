#pragma once

#include "app/bench/measures/percentiles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tenon::app {

/// Times, counted by their size: as large after an hour as at the start, and adding one allocates
/// nothing. A time is known to one part in 128; the greatest exactly. One thread at a time.
class LatencyHistogram {
public:
    void add(std::chrono::nanoseconds time) {
        const auto ns = static_cast<std::uint64_t>(std::max(time.count(), std::int64_t{0}));
        ++counts_[bucket_of(ns)];
        ++count_;
        most_ = std::max(most_, ns);
    }

    void add(const LatencyHistogram& other) {
        for (std::size_t i = 0; i < buckets; ++i) {
            counts_[i] += other.counts_[i];
        }
        count_ += other.count_;
        most_ = std::max(most_, other.most_);
    }

    std::uint64_t count() const noexcept { return count_; }

    /// The milliseconds that `share` (0 to 1) of the times do not exceed, by the nearest rank. 0 of
    /// none.
    double at(double share) const {
        const auto rank = std::max(std::ceil(share * static_cast<double>(count_)), 1.0);
        double passed = 0;
        for (std::size_t i = 0; i < buckets; ++i) {
            passed += counts_[i];
            if (passed >= rank) {
                return to_ms(std::min(end_of(i), most_));
            }
        }
        return to_ms(most_);
    }

    Percentiles percentiles() const {
        return {.p50 = at(0.50), .p95 = at(0.95), .p99 = at(0.99), .max = to_ms(most_)};
    }

private:
    // Below 4 µs a bucket is 16 ns wide; then each doubling has 128 of them, up to 73 minutes.
    static constexpr unsigned fine_bits = 8;
    static constexpr unsigned dropped_bits = 4;
    static constexpr std::size_t doublings = 30;
    static constexpr std::size_t fine = std::size_t{1} << fine_bits;
    static constexpr std::size_t per_doubling = fine / 2;
    static constexpr std::size_t buckets = fine + per_doubling * doublings;

    static std::size_t bucket_of(std::uint64_t ns) {
        const auto units = ns >> dropped_bits;
        const auto width = static_cast<unsigned>(std::bit_width(units));
        if (width <= fine_bits) {
            return static_cast<std::size_t>(units);
        }
        const auto doubling = width - fine_bits;
        const auto place = static_cast<std::size_t>(units >> doubling) - per_doubling;
        return std::min(fine + (doubling - 1) * per_doubling + place, buckets - 1);
    }

    /// The largest time of a bucket.
    static std::uint64_t end_of(std::size_t bucket) {
        if (bucket < fine) {
            return ((bucket + 1) << dropped_bits) - 1;
        }
        const auto doubling = (bucket - fine) / per_doubling + 1;
        const auto place = (bucket - fine) % per_doubling + per_doubling;
        return (((place + 1) << doubling) << dropped_bits) - 1;
    }

    static double to_ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

    std::array<std::uint32_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace tenon::app
