#include "foundation/runtime/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

namespace tenon {
namespace {

constexpr std::size_t longest_error = 300;

}  // namespace

std::string_view to_string(CircuitState state) noexcept {
    switch (state) {
        case CircuitState::closed: return "closed";
        case CircuitState::half_open: return "half_open";
        case CircuitState::open: return "open";
    }
    return "unknown";
}

CircuitBreaker::CircuitBreaker(std::string name, Options options)
    : name_(std::move(name)),
      options_(std::move(options)),
      entered_(options_.now()),
      since_(entered_) {}

bool CircuitBreaker::try_acquire() {
    const std::scoped_lock lock(mutex_);
    if (state_ == CircuitState::open && current() == CircuitState::half_open) {
        enter(CircuitState::half_open);
    }
    if (state_ == CircuitState::closed) {
        return true;
    }
    if (state_ == CircuitState::half_open && probes_ < options_.half_open_calls) {
        ++probes_;
        return true;
    }
    ++refused_;
    return false;
}

void CircuitBreaker::succeeded() {
    const std::scoped_lock lock(mutex_);
    failures_ = 0;
    if (state_ == CircuitState::closed) {
        return;
    }
    if (state_ == CircuitState::open) {
        enter(CircuitState::half_open);
    }
    probes_ = std::max(probes_ - 1, 0);
    if (++successes_ >= options_.successes_to_close) {
        enter(CircuitState::closed);
    }
}

void CircuitBreaker::failed(std::string_view error) {
    const std::scoped_lock lock(mutex_);
    ++failures_;
    ++failed_;
    last_error_ = error.substr(0, longest_error);
    const bool enough = state_ == CircuitState::closed && failures_ >= options_.failures_to_open;
    // One that fails while it is tried again is open anew, however long it was before.
    if (enough || current() == CircuitState::half_open) {
        opened_ += enough ? 1 : 0;
        enter(CircuitState::open);
    }
}

CircuitBreaker::Status CircuitBreaker::status() const {
    const std::scoped_lock lock(mutex_);
    return {
        .name = name_,
        .state = current(),
        .failures = failures_,
        .failed = failed_,
        .opened = opened_,
        .refused = refused_,
        .since = std::chrono::duration_cast<std::chrono::milliseconds>(options_.now() - since_),
        .last_error = last_error_,
    };
}

void CircuitBreaker::enter(CircuitState state) {
    entered_ = options_.now();
    if ((state == CircuitState::closed) != (state_ == CircuitState::closed)) {
        since_ = entered_;
    }
    state_ = state;
    successes_ = 0;
    probes_ = 0;
}

/// Nobody tells an open breaker that its time is over: whoever looks sees it.
CircuitState CircuitBreaker::current() const {
    const bool over = options_.now() - entered_ >= options_.open_time;
    return state_ == CircuitState::open && over ? CircuitState::half_open : state_;
}

}  // namespace tenon
