#pragma once

#include "database/repositories/template_repository.hpp"
#include "worker/services/step_inbox.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::worker {

/// Knows which queues this worker asks for steps: those of its namespaces that exist, because a
/// namespace gets its queue with its first template. [any-thread]
class QueueWatch {
public:
    /// True while a notification would be heard. May be empty: then none is.
    using Listening = std::function<bool()>;

    /// `wanted`: the namespaces to serve; empty: every registered one.
    QueueWatch(
        std::vector<std::string> wanted,
        Listening listening,
        StepInbox& inbox,
        database::TemplateRepository& templates
    )
        : wanted_(std::move(wanted)),
          listening_(std::move(listening)),
          inbox_(inbox),
          templates_(templates) {}

    /// This namespace may have steps; false when it is none of ours. One that is new is looked for
    /// in the database.
    bool wake(std::string_view namespace_name);

    /// All queues may have steps, and there may be new ones. Throws when the database cannot be
    /// asked; the queues that are known are asked all the same.
    void look();

    /// Looks for new namespaces; what goes wrong is logged.
    void refresh() noexcept;

    /// The same now and then. A new namespace is announced like work: where nobody listens, or the
    /// ring was lost, it is found by looking.
    void refresh_if_due() noexcept;

    bool serves(std::string_view namespace_name) const;

    /// Those of the registered namespaces that it serves. Throws when the database cannot be asked.
    std::vector<std::string> namespaces() const;

private:
    void find_queues();

    const std::vector<std::string> wanted_;
    const Listening listening_;
    StepInbox& inbox_;
    database::TemplateRepository& templates_;
    std::mutex mutex_;  // Guards the time.
    std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
};

}  // namespace tenon::worker
