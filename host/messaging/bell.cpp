#include "messaging/bell.hpp"

#include "database/reconnect_backoff.hpp"
#include "database/repositories/notification_repository.hpp"
#include "foundation/telemetry/log.hpp"

#include <exception>

namespace tenon::messaging {
namespace {

constexpr std::chrono::milliseconds pause_between_rings(1);

}  // namespace

Bell::Bell(database::ConnectionPool& pool, CircuitBreaker* breaker)
    : pool_(pool), breaker_(breaker), thread_([this] { run(); }) {}

Bell::~Bell() {
    stop();
}

void Bell::ring(std::string_view channel, std::string_view payload) {
    {
        const std::scoped_lock lock(mutex_);
        if (muted_ || !enabled_) {
            return;
        }
        pending_.emplace(channel, payload);
    }
    rung_.notify_one();
}

void Bell::set_muted(bool muted) {
    const std::scoped_lock lock(mutex_);
    muted_ = muted;
}

void Bell::set_enabled(bool enabled) {
    const std::scoped_lock lock(mutex_);
    enabled_ = enabled;
}

void Bell::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    rung_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Bell::run() {
    database::NotificationRepository notifications(pool_);
    database::ReconnectBackoff backoff;
    std::unique_lock lock(mutex_);
    while (true) {
        rung_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
        if (stopping_) {
            return;
        }
        auto batch = std::exchange(pending_, {});
        auto pause = pause_between_rings;
        lock.unlock();
        try {
            for (const auto& [channel, payload] : batch) {
                notifications.notify(channel, payload);
            }
            batch.clear();
            backoff.reset();
            if (breaker_ != nullptr) {
                breaker_->succeeded();
            }
        } catch (const std::exception& error) {
            log::warning("bell", error.what());
            if (breaker_ != nullptr) {
                breaker_->failed(error.what());
            }
            pause = backoff.next();
        }
        lock.lock();
        pending_.merge(batch);
        rung_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

}  // namespace tenon::messaging
