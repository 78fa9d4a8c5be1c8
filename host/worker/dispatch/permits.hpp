#pragma once

#include "domain/step/step_outcome.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace tenon::worker {

/// Upper bounds on calls at a time in this host, as its operator wants them. A handler's own bound,
/// which its author declared, holds where it is lower.
struct CallLimits {
    using Bounds = std::map<std::string, std::uint32_t, std::less<>>;

    Bounds plugins;   ///< By the plugin's id: of all its handlers together.
    Bounds handlers;  ///< By callable.
};

/// Keeps handlers from running more often at once than their authors and the operator allow.
/// [any-thread]
///
/// A step of a limited handler takes a permit when it was claimed and keeps it until its handler
/// really ended, even if it was given up before. What a call of the pump may claim of them is
/// reserved while the call is under way, so that steps beyond it stay on their queue for other
/// hosts. Without a limited handler it costs one lookup for a batch of claims.
class Permits {
public:
    /// What is known about the handler of one step.
    struct Handler {
        std::string callable;
        std::string plugin;          ///< Its id.
        std::uint32_t declared = 0;  ///< Its author's bound; 0: none.
    };

    /// The handlers of a template's steps, in their order. Empty where this host does not run it.
    using Describe = std::function<std::vector<Handler>(TemplateId)>;

    /// What one call of the pump may claim.
    struct Offer {
        std::string json{};                  ///< For the database; empty: no limits.
        std::vector<std::int32_t> reserved;  ///< By group.
    };

    /// One limited handler or plugin, for people.
    struct Usage {
        std::string name;
        std::int32_t limit = 0;
        std::int32_t held = 0;
    };

    Permits(CallLimits limits, Describe describe);

    /// Takes a permit for each step and returns those for which there is none: they are to be given
    /// back. The first step of a template makes it known.
    std::vector<ClaimedStep> admit(std::vector<ClaimedStep>& claimed);

    /// The step's handler ended, or it will never begin; nothing happens without a permit. True
    /// when steps may have been left on a queue for want of this permit.
    bool release(const StepAttempt& step);

    /// Reserves what is free, for a call that would claim up to `want` steps.
    Offer offer(std::int32_t want);

    /// The call came back, and what it claimed was admitted. True when another call went without
    /// what this one did not need.
    bool withdraw(const Offer& offer);

    /// Templates are described anew before their next step: their handlers may have changed.
    void forget_templates();

    std::vector<Usage> usage() const;

private:
    using Position = std::int32_t;  ///< Of a group, from 1; 0: none.
    using Key = std::tuple<TaskId, StepNo, std::int32_t>;

    struct Group {
        std::string name;
        std::int32_t limit = 0;
        std::int32_t held = 0;
        std::int32_t reserved = 0;
        bool capped = false;    ///< Some call could claim less of it than it had slots.
        bool bypassed = false;  ///< … because another had reserved it.
    };

    /// What one step takes a permit of.
    struct Places {
        Position handler = 0;
        Position plugin = 0;
    };

    void learn(TemplateId id);
    void learn_step(TemplateId id, StepNo number, const Handler& handler);
    Position place(const std::string& name, std::uint32_t limit);
    bool take(const ClaimedStep& step);

    const CallLimits limits_;
    const Describe describe_;

    std::atomic<bool> any_{false};
    mutable std::mutex mutex_;  // Guards all below; nothing is called under it.
    std::vector<Group> groups_;
    std::map<std::pair<TemplateId, StepNo>, Places> places_;
    std::unordered_map<TemplateId, bool> known_;
    std::map<Key, Places> held_;
    std::string steps_json_;  ///< `places_`, for the database.
};

}  // namespace tenon::worker
