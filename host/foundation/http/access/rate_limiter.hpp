#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace tenon {

/// Grants each of many callers so many requests a second, and as many at once after a pause: a
/// token bucket a caller. Callers that have been quiet are forgotten, so its size is bounded.
/// [any-thread]
class RateLimiter {
public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        double per_second = 0;  ///< 0: no limit.
        double burst = 0;       ///< What may come at once; 0: two seconds' worth.
        std::size_t callers = 10'000;
        std::function<Clock::time_point()> now = &Clock::now;
    };

    explicit RateLimiter(Options options);

    /// Takes one request off what `caller` may send. The time to wait, when there is none left.
    std::optional<std::chrono::milliseconds> take(const std::string& caller);

    /// As `take`, without taking.
    std::optional<std::chrono::milliseconds> look(const std::string& caller);

private:
    struct Bucket {
        double tokens;
        Clock::time_point filled;
    };

    Bucket& bucket_of(const std::string& caller, Clock::time_point now);
    void forget_the_quiet(Clock::time_point now);
    std::optional<std::chrono::milliseconds> wait_of(const Bucket& bucket) const;

    const Options options_;
    const double burst_;
    std::mutex mutex_;  // The event loop's threads share the buckets.
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace tenon
