#pragma once

#include "foundation/runtime/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <thread>

namespace tenon {

/// One thread that runs coroutines which never block. A coroutine that ends by an exception is
/// logged under the loop's name. [any-thread], but `stop` from outside the loop.
class EventLoop {
public:
    explicit EventLoop(std::string name);
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    asio::any_io_executor executor() { return context_.get_executor(); }

    /// False, and `work` is dropped unstarted, after `stop`.
    bool spawn(std::string name, asio::awaitable<void> work) {
        return coroutines_.spawn(std::move(name), std::move(work));
    }

    /// Cancels every coroutine, waits for their ends and ends the thread. May be called twice.
    void stop();

private:
    const std::string name_;
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> busy_;
    TaskGroup coroutines_;
    std::thread thread_;
};

}  // namespace tenon
