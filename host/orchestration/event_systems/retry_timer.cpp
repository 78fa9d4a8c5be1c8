#include "orchestration/event_systems/retry_timer.hpp"

#include "foundation/telemetry/log.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace tenon::orchestration {
namespace {

// Bells may be lost and hosts may be killed. The poller looks for timers more often than this.
constexpr std::chrono::milliseconds longest_sleep(30'000);

}  // namespace

RetryTimer::RetryTimer(const asio::any_io_executor& executor, CommandProcessor& commands)
    : commands_(commands), alarm_(executor) {
    alarm_.ring();
}

asio::awaitable<void> RetryTimer::run() {
    while (true) {
        co_await alarm_.wait();
        alarm_.set(co_await release());
    }
}

asio::awaitable<std::chrono::milliseconds> RetryTimer::release() {
    const EnqueueSteps command;
    try {
        const auto released = co_await commands_.ask(command);
        released_ += static_cast<std::uint64_t>(released.count);
        backoff_.reset();
        co_return std::min(released.next_in.value_or(longest_sleep), longest_sleep);
    } catch (const boost::system::system_error&) {
        throw;  // It was cancelled.
    } catch (const std::exception& error) {
        log::warning("retry timer", error.what());
    }
    co_return backoff_.next();
}

}  // namespace tenon::orchestration
