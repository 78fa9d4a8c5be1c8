#include "app/bench/load/pace.hpp"

#include <algorithm>
#include <limits>
#include <thread>

namespace tenon::app {

Pace::Pace(const Options& options, TaskClock& clock)
    : options_(options), clock_(clock), ended_before_(clock.ended()) {}

std::int64_t Pace::left() const {
    return options_.duration ? std::numeric_limits<std::int64_t>::max() : options_.tasks - given_;
}

bool Pace::over(Clock::time_point now) const {
    return left() <= 0 || (options_.duration && now >= begun_ + *options_.duration);
}

std::vector<Pace::Clock::time_point> Pace::next(std::int32_t most) {
    std::unique_lock lock(mutex_);
    if (options_.rate > 0) {
        return next_due(lock, most);
    }
    if (options_.in_flight > 0) {
        // Not one by one when many are in flight: each submission is a transaction.
        const auto refill = std::max(1, std::min(most, options_.in_flight / 16));
        if (!await_all_but(options_.in_flight - refill)) {
            return {};
        }
        const auto under_way = given_ - lost_ - (clock_.ended() - ended_before_);
        const auto room = options_.in_flight - under_way;
        most = static_cast<std::int32_t>(std::min<std::int64_t>(most, room));
    }
    const auto now = Clock::now();
    if (over(now)) {
        return {};
    }
    const auto count = std::min<std::int64_t>(most, left());
    given_ += count;
    return std::vector(static_cast<std::size_t>(count), now);
}

/// Each task has its moment, counted from the beginning: what a stall delays is measured from when
/// it should have been.
std::vector<Pace::Clock::time_point> Pace::next_due(
    std::unique_lock<std::mutex>& lock,
    std::int32_t most
) {
    const auto due = [this](std::int64_t task) {
        const std::chrono::duration<double> after(static_cast<double>(task) / options_.rate);
        return begun_ + std::chrono::duration_cast<Clock::duration>(after);
    };
    const auto first = due(given_);
    if (over(first)) {
        return {};
    }
    std::vector<Clock::time_point> moments{first};
    ++given_;
    const auto now = Clock::now();
    while (static_cast<std::int32_t>(moments.size()) < most && due(given_) <= now &&
           !over(due(given_))) {
        moments.push_back(due(given_++));
    }
    lock.unlock();
    std::this_thread::sleep_until(first);
    return moments;
}

void Pace::lost(std::int64_t tasks) {
    lost_ += tasks;
}

bool Pace::await_all_but(std::int64_t tasks) {
    const auto enough = ended_before_ + given_ - lost_ - tasks;
    while (!stuck_) {
        const auto before = clock_.ended();
        if (clock_.wait(enough, Clock::now() + options_.limit)) {
            return true;
        }
        stuck_ = clock_.ended() == before;
    }
    return false;
}

bool Pace::await_end() {
    const std::scoped_lock lock(mutex_);
    return await_all_but(0);
}

std::int64_t Pace::given() const {
    const std::scoped_lock lock(mutex_);
    return given_ - lost_;
}

}  // namespace tenon::app
