#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace asio = boost::asio;

/// The owner of background coroutines: each has a name, each can be stopped, and no exception of
/// theirs is lost. [any-thread]
///
/// Every coroutine runs on a strand of its own over the group's executor, so that a cancellation
/// never races with the work it cancels. What the coroutines use must live until `join()` returns.
class TaskGroup {
public:
    /// Told about every coroutine that ended by an exception, on that coroutine's strand. Must not
    /// throw. The cancellation that `stop()` asked for is no failure.
    using FailureSink = std::function<void(std::string_view name, std::exception_ptr failure)>;

    TaskGroup(asio::any_io_executor executor, FailureSink on_failure);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Stops, but cannot wait: `join()` first when coroutines use what dies with the owner.
    ~TaskGroup();

    /// Starts `work`. False, and `work` is dropped unstarted, when the group was stopped before.
    bool spawn(std::string name, asio::awaitable<void> work);

    /// Cancels every coroutine at its current or next suspension and accepts no more.
    void stop();

    /// Resumes when no coroutine is left. Does not stop them: call `stop()` first.
    asio::awaitable<void> join();

    /// Names of those that have not ended, oldest first: what a shutdown is waiting for.
    std::vector<std::string> running() const;

private:
    struct State;

    static asio::awaitable<void> wait_until_empty(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace tenon
