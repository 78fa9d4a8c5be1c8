#pragma once

#include "foundation/error.hpp"
#include "plugin_host/reload/folder_watch.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

namespace tenon::plugin_host {

/// What the thread that loads plugins has to do. Calls in flight report to it, so it may outlive
/// that thread; after `close` it takes nothing more. [any-thread]
class ReloadInbox {
public:
    /// `watch` is what the thread waits at; it must live until `close`.
    explicit ReloadInbox(FolderWatch& watch) : watch_(watch) {}

    /// False after `close`.
    bool post(std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return false;
        }
        work_.push_back(std::move(work));
        watch_.wake();
        return true;
    }

    /// A call was the fault of its build. Costs its thread next to nothing.
    void fault() noexcept {
        if (faults_.exchange(true)) {
            return;
        }
        const std::lock_guard lock(mutex_);
        if (!closed_) {
            watch_.wake();
        }
    }

    /// Whether there were faults since the last time.
    bool take_faults() noexcept { return faults_.exchange(false); }

    std::deque<std::function<void()>> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(work_, {});
    }

    /// Drops what was not taken: whoever waits for it learns that the host stops.
    void close() {
        std::deque<std::function<void()>> dropped;
        const std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(work_);
        watch_.wake();
    }

    bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

    /// Runs `work` on the thread and waits for what it returns or throws. Throws
    /// Exception(unavailable) after `close`. Not from the thread itself.
    template <class Work>
    auto ask(Work work) -> decltype(work()) {
        using Answer = decltype(work());
        auto task = std::make_shared<std::packaged_task<Answer()>>(std::move(work));
        auto answer = task->get_future();
        const bool posted = post([task] { (*task)(); });
        task.reset();
        try {
            if (posted) {
                return answer.get();
            }
        } catch (const std::future_error&) {
            // It was dropped.
        }
        throw Exception({ErrorCode::unavailable, "the host stops and loads no plugin any more"});
    }

private:
    FolderWatch& watch_;
    std::atomic<bool> faults_{false};
    mutable std::mutex mutex_;  // Guards what follows.
    std::deque<std::function<void()>> work_;
    bool closed_ = false;
};

}  // namespace tenon::plugin_host
