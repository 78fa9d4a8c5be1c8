#include "worker/dispatch/permits.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace tenon::worker {
namespace {

std::uint32_t bound_of(const CallLimits::Bounds& bounds, const std::string& name) {
    const auto found = bounds.find(name);
    return found == bounds.end() ? 0 : found->second;
}

/// The lower of two bounds, where 0 is none.
std::uint32_t lower(std::uint32_t one, std::uint32_t other) {
    return one == 0 || other == 0 ? std::max(one, other) : std::min(one, other);
}

std::string place_json(std::int32_t position) {
    return position == 0 ? "null" : std::to_string(position);
}

}  // namespace

Permits::Permits(CallLimits limits, Describe describe)
    : limits_(std::move(limits)), describe_(std::move(describe)) {}

std::vector<ClaimedStep> Permits::admit(std::vector<ClaimedStep>& claimed) {
    std::vector<ClaimedStep> surplus;
    TemplateId last{};
    for (const auto& step : claimed) {
        if (std::exchange(last, step.template_id) != step.template_id) {
            learn(step.template_id);
        }
    }
    if (!any_) {
        return surplus;
    }
    const std::scoped_lock lock(mutex_);
    std::erase_if(claimed, [&](ClaimedStep& step) {
        if (take(step)) {
            return false;
        }
        surplus.push_back(std::move(step));
        return true;
    });
    return surplus;
}

bool Permits::take(const ClaimedStep& step) {
    const auto found = places_.find({step.template_id, step.step_no});
    if (found == places_.end()) {
        return true;
    }
    const auto places = found->second;
    for (const auto position : {places.handler, places.plugin}) {
        if (position == 0) {
            continue;
        }
        auto& group = groups_[static_cast<std::size_t>(position) - 1];
        if (group.held >= group.limit) {
            group.capped = true;
            return false;
        }
    }
    for (const auto position : {places.handler, places.plugin}) {
        if (position != 0) {
            ++groups_[static_cast<std::size_t>(position) - 1].held;
        }
    }
    held_[{step.task, step.step_no, step.attempt}] = places;
    return true;
}

bool Permits::release(const StepAttempt& step) {
    if (!any_) {
        return false;
    }
    const std::scoped_lock lock(mutex_);
    const auto held = held_.find({step.task, step.step_no, step.attempt});
    if (held == held_.end()) {
        return false;
    }
    const auto places = held->second;
    held_.erase(held);
    bool wanted = false;
    for (const auto position : {places.handler, places.plugin}) {
        if (position != 0) {
            auto& group = groups_[static_cast<std::size_t>(position) - 1];
            --group.held;
            wanted = std::exchange(group.capped, false) || wanted;
        }
    }
    return wanted;
}

Permits::Offer Permits::offer(std::int32_t want) {
    Offer offer;
    if (!any_ || want <= 0) {
        return offer;
    }
    const std::scoped_lock lock(mutex_);
    offer.json = R"({"steps":)" + steps_json_ + R"(,"free":[)";
    for (auto& group : groups_) {
        const auto free = std::max(group.limit - group.held, 0);
        const auto left = std::max(free - group.reserved, 0);
        group.capped = group.capped || left < want;
        group.bypassed = group.bypassed || left < std::min(free, want);
        offer.json += (offer.reserved.empty() ? "" : ",") + std::to_string(left);
        offer.reserved.push_back(left);
        group.reserved += left;
    }
    offer.json += "]}";
    return offer;
}

bool Permits::withdraw(const Offer& offer) {
    if (offer.reserved.empty()) {
        return false;
    }
    const std::scoped_lock lock(mutex_);
    bool wanted = false;
    for (std::size_t i = 0; i < offer.reserved.size(); ++i) {
        auto& group = groups_[i];
        group.reserved -= offer.reserved[i];
        const bool free = group.limit - group.held - group.reserved > 0;
        if (free && offer.reserved[i] > 0) {
            wanted = std::exchange(group.bypassed, false) || wanted;
        }
    }
    return wanted;
}

void Permits::forget_templates() {
    const std::scoped_lock lock(mutex_);
    known_.clear();
}

std::vector<Permits::Usage> Permits::usage() const {
    std::vector<Usage> usage;
    const std::scoped_lock lock(mutex_);
    usage.reserve(groups_.size());
    for (const auto& group : groups_) {
        usage.push_back({.name = group.name, .limit = group.limit, .held = group.held});
    }
    return usage;
}

void Permits::learn(TemplateId id) {
    {
        const std::scoped_lock lock(mutex_);
        if (known_.contains(id)) {
            return;
        }
    }
    std::vector<Handler> handlers;
    try {
        handlers = describe_(id);
    } catch (const std::exception& error) {
        // Whoever runs its steps says what is wrong with it.
        log::debug("permits", error.what());
        return;
    }
    const std::scoped_lock lock(mutex_);
    known_[id] = true;
    for (std::size_t i = 0; i < handlers.size(); ++i) {
        learn_step(id, static_cast<StepNo>(i + 1), handlers[i]);
    }
    steps_json_ = "[";
    for (const auto& [step, places] : places_) {
        steps_json_ += fmt::format(
            R"({}{{"template_id":{},"step_no":{},"handler":{},"plugin":{}}})",
            steps_json_.size() > 1 ? "," : "",
            static_cast<std::int32_t>(step.first),
            step.second,
            place_json(places.handler),
            place_json(places.plugin)
        );
    }
    steps_json_ += "]";
    any_ = !places_.empty();
}

void Permits::learn_step(TemplateId id, StepNo number, const Handler& handler) {
    const auto wished = bound_of(limits_.handlers, handler.callable);
    const Places places{
        .handler = place(handler.callable, lower(handler.declared, wished)),
        .plugin = place("plugin " + handler.plugin, bound_of(limits_.plugins, handler.plugin))
    };
    if (places.handler != 0 || places.plugin != 0) {
        places_[{id, number}] = places;
    } else {
        places_.erase({id, number});
    }
}

Permits::Position Permits::place(const std::string& name, std::uint32_t limit) {
    if (limit == 0) {
        return 0;
    }
    auto group = std::ranges::find(groups_, name, &Group::name);
    if (group == groups_.end()) {
        groups_.push_back({.name = name});
        group = std::prev(groups_.end());
    }
    group->limit = static_cast<std::int32_t>(limit);
    return static_cast<Position>(std::distance(groups_.begin(), group)) + 1;
}

}  // namespace tenon::worker
