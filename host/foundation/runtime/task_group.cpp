#include "foundation/runtime/task_group.hpp"

#include "foundation/runtime/channel.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

namespace tenon {
namespace {

using Strand = asio::strand<asio::any_io_executor>;
using Doorbell = Channel<bool>;

struct Member {
    std::string name;
    Strand strand;
    asio::cancellation_signal cancellation;  // touched on `strand` only
};

bool is_cancellation(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

// Shared with the completion handlers, which may outlive the group when nobody joined it.
struct TaskGroup::State {
    State(asio::any_io_executor group_executor, FailureSink sink)
        : executor(std::move(group_executor)), on_failure(std::move(sink)) {}

    void finish(const std::shared_ptr<Member>& member, const std::exception_ptr& failure) {
        if (failure && !(is_stopped() && is_cancellation(failure))) {
            on_failure(member->name, failure);
        }
        const std::lock_guard lock(mutex);
        members.remove(member);
        if (members.empty()) {
            for (const auto& waiter : waiters) {
                waiter->close();
            }
            waiters.clear();
        }
    }

    bool is_stopped() const {
        const std::lock_guard lock(mutex);
        return stopped;
    }

    const asio::any_io_executor executor;
    const FailureSink on_failure;
    mutable std::mutex mutex;  // spawn, stop and the ends of coroutines come from any thread
    bool stopped = false;
    std::list<std::shared_ptr<Member>> members;
    std::vector<std::shared_ptr<Doorbell>> waiters;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, FailureSink on_failure)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_failure))) {}

TaskGroup::~TaskGroup() {
    stop();
}

bool TaskGroup::spawn(std::string name, asio::awaitable<void> work) {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopped) {
        return false;
    }
    auto member = std::make_shared<Member>(std::move(name), asio::make_strand(state_->executor));
    state_->members.push_back(member);
    // Posted under the lock: a later stop() then posts its cancellation behind this start.
    asio::post(member->strand, [state = state_, member, coroutine = std::move(work)]() mutable {
        asio::co_spawn(
            member->strand,
            std::move(coroutine),
            asio::bind_cancellation_slot(
                member->cancellation.slot(),
                [state, member](std::exception_ptr failure) { state->finish(member, failure); }
            )
        );
    });
    return true;
}

void TaskGroup::stop() {
    const std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->stopped, true)) {
        return;
    }
    for (const auto& member : state_->members) {
        asio::post(member->strand, [member] {
            member->cancellation.emit(asio::cancellation_type::terminal);
        });
    }
}

asio::awaitable<void> TaskGroup::join() {
    return wait_until_empty(state_);
}

asio::awaitable<void> TaskGroup::wait_until_empty(std::shared_ptr<State> state) {
    std::shared_ptr<Doorbell> doorbell;
    {
        const std::lock_guard lock(state->mutex);
        if (state->members.empty()) {
            co_return;
        }
        doorbell = std::make_shared<Doorbell>(state->executor, 1);
        state->waiters.push_back(doorbell);
    }
    co_await doorbell->receive();
}

std::vector<std::string> TaskGroup::running() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<std::string> names;
    for (const auto& member : state_->members) {
        names.push_back(member->name);
    }
    return names;
}

}  // namespace tenon
