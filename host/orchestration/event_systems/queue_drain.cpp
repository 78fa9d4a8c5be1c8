#include "orchestration/event_systems/queue_drain.hpp"

#include "foundation/telemetry/log.hpp"

#include <boost/system/system_error.hpp>

#include <exception>
#include <string>
#include <utility>

namespace tenon::orchestration {
QueueDrain::QueueDrain(const asio::any_io_executor& executor, std::string_view queue, Ask ask)
    : queue_(queue), ask_(std::move(ask)), alarm_(executor) {
    statistics_.queue = queue;
}

asio::awaitable<void> QueueDrain::run() {
    while (true) {
        co_await alarm_.wait();
        wanted_ = false;
        busy_ = true;
        const bool well = co_await turn();
        busy_ = false;
        if (well) {
            backoff_.reset();
        } else {
            alarm_.set(backoff_.next());
        }
    }
}

void QueueDrain::ring() {
    wake();
    const std::scoped_lock lock(mutex_);
    ++statistics_.rings;
}

bool QueueDrain::wake() {
    const bool news = !wanted_.exchange(true) && !busy_;
    alarm_.ring();
    return news;
}

QueueStatistics QueueDrain::statistics() const {
    const std::scoped_lock lock(mutex_);
    return statistics_;
}

asio::awaitable<bool> QueueDrain::turn() {
    std::string failure;
    try {
        const auto report = co_await ask_();
        const std::scoped_lock lock(mutex_);
        ++statistics_.drains;
        statistics_.messages += report;
        statistics_.failure.clear();
        co_return true;
    } catch (const boost::system::system_error&) {
        throw;  // It was cancelled.
    } catch (const std::exception& error) {
        failure = error.what();
    }
    const std::scoped_lock lock(mutex_);
    if (statistics_.failure != failure) {  // An outage is logged once.
        log::warning(queue_, failure);
    }
    ++statistics_.failed;
    statistics_.failure = failure;
    co_return false;
}

}  // namespace tenon::orchestration
