#include "foundation/runtime/alarm.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tenon {
namespace {

constexpr std::chrono::hours never(24 * 365);

}  // namespace

Alarm::Alarm(const asio::any_io_executor& executor)
    : timer_(executor), next_(Clock::now() + never) {}

void Alarm::set(std::chrono::milliseconds delay) {
    const std::scoped_lock lock(mutex_);
    const auto at = Clock::now() + delay;
    if (at < next_) {
        next_ = at;
        timer_.expires_at(next_);  // Ends the sleep of a waiter, who then looks again.
    }
}

asio::awaitable<void> Alarm::wait() {
    const auto sleep = [this](auto woken) {
        const std::scoped_lock lock(mutex_);
        timer_.expires_at(next_);
        timer_.async_wait(std::move(woken));
    };
    const auto token = asio::as_tuple(asio::use_awaitable);
    while (!take_if_due()) {
        co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(
            sleep, token
        );
    }
}

bool Alarm::take_if_due() {
    const std::scoped_lock lock(mutex_);
    const auto now = Clock::now();
    if (now < next_) {
        return false;
    }
    next_ = now + never;
    return true;
}

}  // namespace tenon
