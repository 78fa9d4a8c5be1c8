#include "foundation/http/access/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenon {

namespace {

constexpr double usual_burst_seconds = 2;

double seconds_between(
    RateLimiter::Clock::time_point from,
    RateLimiter::Clock::time_point to
) noexcept {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

RateLimiter::RateLimiter(Options options)
    : options_(std::move(options)),
      burst_(std::max(
          1.0,
          options_.burst > 0 ? options_.burst : usual_burst_seconds * options_.per_second
      )) {}

std::optional<std::chrono::milliseconds> RateLimiter::take(const std::string& caller) {
    if (options_.per_second <= 0) {
        return std::nullopt;
    }
    const std::scoped_lock lock(mutex_);
    auto& bucket = bucket_of(caller, options_.now());
    const auto wait = wait_of(bucket);
    if (!wait) {
        bucket.tokens -= 1;
    }
    return wait;
}

std::optional<std::chrono::milliseconds> RateLimiter::look(const std::string& caller) {
    if (options_.per_second <= 0) {
        return std::nullopt;
    }
    const std::scoped_lock lock(mutex_);
    const auto found = buckets_.find(caller);
    return found == buckets_.end() ? std::nullopt : wait_of(bucket_of(caller, options_.now()));
}

RateLimiter::Bucket& RateLimiter::bucket_of(const std::string& caller, Clock::time_point now) {
    if (buckets_.size() >= options_.callers && !buckets_.contains(caller)) {
        forget_the_quiet(now);
    }
    auto& bucket = buckets_.try_emplace(caller, Bucket{burst_, now}).first->second;
    bucket.tokens =
        std::min(burst_, bucket.tokens + options_.per_second * seconds_between(bucket.filled, now));
    bucket.filled = now;
    return bucket;
}

/// A full bucket says no more than none. When none is full, all are forgotten: a flood of callers
/// must not grow the table.
void RateLimiter::forget_the_quiet(Clock::time_point now) {
    std::erase_if(buckets_, [&](const auto& entry) {
        const auto& bucket = entry.second;
        return bucket.tokens + options_.per_second * seconds_between(bucket.filled, now) >= burst_;
    });
    if (buckets_.size() >= options_.callers) {
        buckets_.clear();
    }
}

std::optional<std::chrono::milliseconds> RateLimiter::wait_of(const Bucket& bucket) const {
    if (bucket.tokens >= 1) {
        return std::nullopt;
    }
    const double seconds = (1 - bucket.tokens) / options_.per_second;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

}  // namespace tenon
