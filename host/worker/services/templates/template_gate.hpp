#pragma once

#include "worker/services/step_pump.hpp"
#include "worker/services/template_cache.hpp"

#include <chrono>
#include <mutex>
#include <unordered_set>

namespace tenon::worker {

/// Decides whose steps this worker takes: those of templates whose callables all resolve. The
/// steps of the others stay for other hosts. [any-thread]
class TemplateGate {
public:
    TemplateGate(TemplateCache& templates, StepPump& pump) : templates_(templates), pump_(pump) {}

    /// Whether steps of this template can run here. When not, no more of them are claimed from now
    /// on, and the log says once why. Blocks on a template's first use.
    bool admits(TemplateId id);

    /// Looks again at every template that was not admitted: after plugins were loaded. Steps of
    /// those that can run now are claimed again. Returns these. Blocks.
    std::vector<TemplateId> reopen();

    /// The same, now and then, for templates about which the database could not be asked.
    void reopen_unsure() noexcept;

private:
    using Clock = std::chrono::steady_clock;

    bool accept_if_runnable(TemplateId id);
    void leave_to_others(TemplateId id, const std::string& reason);

    TemplateCache& templates_;
    StepPump& pump_;
    std::mutex mutex_;  // Guards the two below.
    std::unordered_set<TemplateId> unsure_;
    Clock::time_point last_try_{};
};

}  // namespace tenon::worker
