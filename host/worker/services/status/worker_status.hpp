#pragma once

#include "domain/deployment_mode.hpp"
#include "domain/dispatch_profile.hpp"
#include "domain/ids.hpp"
#include "foundation/runtime/command_route.hpp"
#include "worker/dispatch/running_steps.hpp"
#include "worker/services/step_inbox.hpp"
#include "worker/services/step_pump.hpp"
#include "worker/services/templates/template_report.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tenon::worker {

/// What an event system has seen since it was made, of all registrations of this host.
struct WorkerEventStatistics {
    DeploymentMode mode = DeploymentMode::hybrid;
    bool running = false;
    bool listening = false;           ///< Bells are heard.
    std::uint64_t connected = 0;      ///< Times that the listener came to hear.
    std::uint64_t lost = 0;           ///< Times that it was lost.
    std::uint64_t work = 0;           ///< Bells of namespaces that got steps.
    std::uint64_t cancellations = 0;  ///< Bells of tasks that were cancelled.
    std::uint64_t templates = 0;      ///< Bells of templates that were registered.
    std::uint64_t processed = 0;      ///< Events that became a command.
    std::uint64_t ignored = 0;        ///< Those that were another's: its namespace, its role.
    std::uint64_t failed = 0;         ///< Those whose command failed.
    std::string failure;              ///< Of the last event; empty when it went well.
    std::optional<std::chrono::milliseconds> since_last;  ///< Since the last event.
};

/// The event system, and what came of polling.
struct EventStatus {
    WorkerEventStatistics events;
    StepInbox::Discovery discovery;  ///< Of the present registration.
};

/// A namespace that a worker serves.
struct NamespaceStatus {
    std::string name;
    std::int64_t waiting = 0;  ///< Steps on its queue; no more than 100 000 are counted.
    std::optional<std::chrono::milliseconds> oldest;  ///< How long the first of them has waited.
};

/// Everything that a worker says about itself.
struct WorkerStatus {
    HostId host{};
    DispatchProfile profile = DispatchProfile::direct;
    bool takes_steps = true;
    std::chrono::seconds uptime{};  ///< Of the present registration.
    std::int32_t slots = 0;
    std::int32_t taken_slots = 0;
    std::size_t running_handlers = 0;
    std::size_t handler_threads = 0;
    StepPump::Statistics pump;
    RunningSteps::Statistics handlers;
    std::vector<std::string> actors;
    std::vector<CommandStatistics> commands;
    std::vector<NamespaceStatus> namespaces;
    EventStatus events;
    std::size_t cached_templates = 0;
    std::vector<TemplateId> left_to_others;  ///< Templates whose steps this worker does not take.
    std::shared_ptr<const TemplateReport> templates;
};

}  // namespace tenon::worker
