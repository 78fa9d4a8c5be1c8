#include "messaging/fallback_poller.hpp"

#include "foundation/telemetry/log.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::messaging {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds polling_interval(50);
constexpr milliseconds hybrid_interval(10'000);
constexpr milliseconds safety_net(30'000);
constexpr milliseconds shortest_interval(10);

}  // namespace

PollingPace pace_of(DeploymentMode mode, bool listening, std::optional<milliseconds> longest) {
    const bool alone = mode == DeploymentMode::polling_only || !listening;
    milliseconds usual = hybrid_interval;
    if (alone) {
        usual = polling_interval;
    } else if (mode == DeploymentMode::event_driven_only) {
        return {.shortest = safety_net, .longest = safety_net};
    }
    // A configured interval belongs to the mode; who lost the listener must not wait that long.
    const bool configured = longest && (mode == DeploymentMode::polling_only || listening);
    const auto limit = configured ? std::max(*longest, milliseconds(1)) : usual;
    return {.shortest = std::min(shortest_interval, limit), .longest = limit};
}

FallbackPoller::FallbackPoller(const asio::any_io_executor& executor, PollingPace pace, Look look)
    : look_(std::move(look)), alarm_(executor), pace_(pace) {
    statistics_.interval = pace.longest;
    alarm_.ring();
}

asio::awaitable<void> FallbackPoller::run() {
    while (true) {
        co_await alarm_.wait();
        const bool found = co_await try_to_look();
        alarm_.set(next_interval(found));
    }
}

void FallbackPoller::set_pace(PollingPace pace) {
    {
        const std::scoped_lock lock(mutex_);
        pace_ = pace;
    }
    alarm_.set(pace.shortest);
}

FallbackPoller::Statistics FallbackPoller::statistics() const {
    const std::scoped_lock lock(mutex_);
    return statistics_;
}

asio::awaitable<bool> FallbackPoller::try_to_look() {
    std::string reason;
    try {
        const bool found = co_await look_();
        failing_ = false;
        co_return found;
    } catch (const boost::system::system_error&) {
        throw;  // It was cancelled.
    } catch (const std::exception& error) {
        reason = error.what();
    }
    if (!std::exchange(failing_, true)) {
        log::warning("poller", reason);
    }
    const std::scoped_lock lock(mutex_);
    ++statistics_.failed;
    co_return false;
}

milliseconds FallbackPoller::next_interval(bool found) {
    const std::scoped_lock lock(mutex_);
    ++statistics_.looks;
    statistics_.found += found ? 1U : 0U;
    const auto longer = std::clamp(statistics_.interval * 2, pace_.shortest, pace_.longest);
    statistics_.interval = found ? pace_.shortest : longer;
    return statistics_.interval;
}

}  // namespace tenon::messaging
