#include "worker/services/step_execution/queue_watch.hpp"

#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"

#include <algorithm>
#include <exception>

namespace tenon::worker {
namespace {

// How often to look for new namespaces, with and without a listener.
constexpr std::chrono::seconds seldom(60);
constexpr std::chrono::seconds often(1);

}  // namespace

bool QueueWatch::wake(std::string_view namespace_name) {
    const auto queue = messaging::namespace_queue(namespace_name);
    if (inbox_.hint(queue)) {
        return true;
    }
    if (!serves(namespace_name)) {
        return false;
    }
    refresh();
    return inbox_.hint(queue);
}

void QueueWatch::look() {
    inbox_.hint_all();
    find_queues();
}

void QueueWatch::find_queues() {
    std::vector<std::string> queues;
    for (const auto& name : namespaces()) {
        queues.push_back(messaging::namespace_queue(name));
    }
    inbox_.set_queues(queues);
}

void QueueWatch::refresh() noexcept {
    try {
        find_queues();
    } catch (const std::exception& error) {
        log::warning("worker", error.what());
    }
}

void QueueWatch::refresh_if_due() noexcept {
    const bool listening = listening_ && listening_();
    {
        const std::scoped_lock lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (now - last_look_ < (listening ? seldom : often)) {
            return;
        }
        last_look_ = now;
    }
    refresh();
}

bool QueueWatch::serves(std::string_view namespace_name) const {
    return wanted_.empty() || std::ranges::find(wanted_, namespace_name) != wanted_.end();
}

std::vector<std::string> QueueWatch::namespaces() const {
    auto names = templates_.namespaces();
    std::erase_if(names, [this](const auto& name) { return !serves(name); });
    return names;
}

}  // namespace tenon::worker
