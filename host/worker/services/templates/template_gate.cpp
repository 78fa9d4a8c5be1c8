#include "worker/services/templates/template_gate.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"

#include <algorithm>
#include <exception>
#include <string>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "templates";
constexpr std::chrono::seconds pause_between_tries(1);

std::string sentence_of(const RunnableTemplate& known) {
    const auto& source = known.compiled.source();
    std::string sentence = source.namespace_name + "/" + source.name + "@" + source.version;
    for (const auto& reason : known.unresolved) {
        sentence += "; " + reason;
    }
    return sentence;
}

}  // namespace

bool TemplateGate::admits(TemplateId id) {
    try {
        const auto known = templates_.get(id);
        if (known->runnable()) {
            return true;
        }
        leave_to_others(id, sentence_of(*known));
        // Plugins may have been loaded since: whoever reopened the gate did not see it closed.
        if (templates_.get(id) != known) {
            accept_if_runnable(id);
        }
    } catch (const std::exception& error) {
        const auto* failure = dynamic_cast<const Exception*>(&error);
        if (failure != nullptr && is_retryable(failure->code())) {
            const std::scoped_lock lock(mutex_);
            unsure_.insert(id);
        }
        leave_to_others(id, error.what());
    }
    return false;
}

void TemplateGate::leave_to_others(TemplateId id, const std::string& reason) {
    if (pump_.refuse(id)) {
        log::warning(component, "steps are left to other hosts: " + reason);
    }
}

std::vector<TemplateId> TemplateGate::reopen() {
    std::vector<TemplateId> opened;
    for (const auto id : pump_.refused()) {
        if (accept_if_runnable(id)) {
            opened.push_back(id);
        }
    }
    return opened;
}

void TemplateGate::reopen_unsure() noexcept {
    std::unordered_set<TemplateId> unsure;
    {
        const std::scoped_lock lock(mutex_);
        if (unsure_.empty() || Clock::now() - last_try_ < pause_between_tries) {
            return;
        }
        last_try_ = Clock::now();
        unsure = unsure_;
    }
    for (const auto id : unsure) {
        try {
            accept_if_runnable(id);
        } catch (const std::exception&) {
            continue;  // The log has it already; it stays unsure.
        }
        const std::scoped_lock lock(mutex_);
        unsure_.erase(id);
    }
}

bool TemplateGate::accept_if_runnable(TemplateId id) {
    const auto known = templates_.get(id);
    if (!known->runnable() || !pump_.accept(id)) {
        return false;
    }
    const auto& source = known->compiled.source();
    pump_.inbox().hint(messaging::namespace_queue(source.namespace_name));
    log::info(component, "steps are taken again: " + sentence_of(*known));
    return true;
}

}  // namespace tenon::worker
