#include "worker/web/worker_json.hpp"

#include "foundation/json_text.hpp"

#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace tenon::worker {
namespace {

std::string boolean(bool value) {
    return value ? "true" : "false";
}

/// A JSON array of what `each` makes of the elements.
template <class Range, class Each>
std::string array(const Range& range, Each each) {
    std::string json = "[";
    for (const auto& element : range) {
        json += json.size() > 1 ? "," : "";
        json += each(element);
    }
    return json + "]";
}

std::string milliseconds(std::optional<std::chrono::milliseconds> time) {
    return time ? std::to_string(time->count()) : "null";
}

std::string time_of(std::optional<std::chrono::system_clock::time_point> at) {
    return at ? fmt::format(
                    R"("{:%Y-%m-%dT%H:%M:%SZ}")",
                    fmt::gmtime(std::chrono::system_clock::to_time_t(*at))
                )
              : "null";
}

std::string command_json(const CommandStatistics& command) {
    return fmt::format(
        R"({{"name":{},"in_flight":{},"accepted":{},"refused":{}}})",
        json_quote(command.name),
        command.in_flight,
        command.accepted,
        command.refused
    );
}

std::string namespace_json(const NamespaceStatus& known) {
    return fmt::format(
        R"({{"namespace":{},"queue_depth":{},"oldest_ms":{}}})",
        json_quote(known.name),
        known.waiting,
        milliseconds(known.oldest)
    );
}

std::string condition_json(const TemplateCondition& known) {
    return fmt::format(
        R"({{"template_id":{},"namespace":{},"name":{},"version":{},)"
        R"("runnable":{},"unresolved":{}}})",
        static_cast<std::int32_t>(known.id),
        json_quote(known.reference.namespace_name),
        json_quote(known.reference.name),
        json_quote(known.reference.version),
        known.runnable(),
        array(known.unresolved, [](const auto& sentence) { return json_quote(sentence); })
    );
}

std::string steps_json(const WorkerStatus& status) {
    return fmt::format(
        R"({{"slots":{},"taken_slots":{},"running_handlers":{},"handler_threads":{},)"
        R"("calls":{},"claimed":{},"settled":{},"refused":{},"reconnects":{},)"
        R"("cancelled":{},"timed_out":{},"abandoned":{},"late":{}}})",
        status.slots,
        status.taken_slots,
        status.running_handlers,
        status.handler_threads,
        status.pump.calls,
        status.pump.claimed,
        status.pump.settled,
        status.pump.refused,
        status.pump.reconnects,
        status.handlers.cancelled,
        status.handlers.timed_out,
        status.handlers.abandoned,
        status.handlers.late
    );
}

std::string templates_json(const WorkerStatus& status) {
    const auto& report = *status.templates;
    std::string unresolved;
    for (const auto& known : report.templates) {
        for (const auto& sentence : known.unresolved) {
            unresolved += (unresolved.empty() ? "" : ",") +
                          json_quote(known.reference.to_string() + ": " + sentence);
        }
    }
    return fmt::format(
        R"({{"cached":{},"registered":{},"cannot_run":{},"left_to_others":{},)"
        R"("refreshed_at":{},"unresolved":[{}]}})",
        status.cached_templates,
        report.templates.size(),
        report.unresolved(),
        array(
            status.left_to_others,
            [](auto id) { return std::to_string(static_cast<std::int32_t>(id)); }
        ),
        time_of(report.made_at),
        unresolved
    );
}

}  // namespace

std::string to_json(const WorkerStatus& status) {
    return fmt::format(
        R"({{"host_id":{},"profile":"{}","mode":"{}","takes_steps":{},"uptime_seconds":{},)"
        R"("steps":{},"namespaces":{},"templates":{},"events":{},"actors":{},"commands":{}}})",
        static_cast<std::int32_t>(status.host),
        to_string(status.profile),
        to_string(status.events.events.mode),
        status.takes_steps,
        status.uptime.count(),
        steps_json(status),
        array(status.namespaces, namespace_json),
        templates_json(status),
        to_json(status.events),
        array(status.actors, [](const auto& name) { return json_quote(name); }),
        array(status.commands, command_json)
    );
}

std::string to_json(const EventStatus& status) {
    const auto& [events, discovery] = status;
    const auto mean = discovery.answered == 0 ? 0
                                              : discovery.answer_time.count() /
                                                    static_cast<std::int64_t>(discovery.answered);
    return fmt::format(
        R"({{"mode":"{}","running":{},"listening":{},"connected":{},"lost":{},)"
        R"("heard":{{"work":{},"cancellations":{},"templates":{}}},)"
        R"("processed":{},"ignored":{},"failed":{},"failure":{},"since_last_event_ms":{},)"
        R"("polls":{},"surprises":{},"idle_ms":{},)"
        R"("bell_to_claim_us":{{"count":{},"mean":{},"longest":{}}}}})",
        to_string(events.mode),
        events.running,
        events.listening,
        events.connected,
        events.lost,
        events.work,
        events.cancellations,
        events.templates,
        events.processed,
        events.ignored,
        events.failed,
        events.failure.empty() ? "null" : json_quote(events.failure),
        milliseconds(events.since_last),
        discovery.polls,
        discovery.surprises,
        discovery.idle.count(),
        discovery.answered,
        mean,
        discovery.longest_answer_time.count()
    );
}

std::string to_json(const TemplateReport& report) {
    return fmt::format(
        R"({{"refreshed_at":{},"templates":{}}})",
        time_of(report.made_at),
        array(report.templates, condition_json)
    );
}

std::string to_json(const RunnableTemplate& known) {
    const auto& source = known.compiled.source();
    std::string steps;
    for (std::size_t i = 0; i < known.handlers.size(); ++i) {
        const auto& step = known.compiled.step(static_cast<StepNo>(i + 1));
        steps += fmt::format(
            R"({}{{"step_no":{},"name":{},"callable":{},"method":{},"resolved":{}}})",
            i == 0 ? "" : ",",
            i + 1,
            json_quote(step.name),
            json_quote(step.callable),
            json_quote(step.method),
            boolean(known.handlers[i] != nullptr)
        );
    }
    return fmt::format(
        R"({{"namespace":{},"name":{},"version":{},"runnable":{},"unresolved":{},"steps":[{}]}})",
        json_quote(source.namespace_name),
        json_quote(source.name),
        json_quote(source.version),
        known.runnable(),
        array(known.unresolved, [](const auto& sentence) { return json_quote(sentence); }),
        steps
    );
}

std::string to_json(const TemplateRefresh& refresh) {
    return fmt::format(
        R"({{"resolved_again":{},"reopened":{},"templates":{},"cannot_run":{}}})",
        refresh.resolved_again,
        array(refresh.reopened, [](const auto& name) { return json_quote(name); }),
        refresh.templates,
        refresh.unresolved
    );
}

std::string to_json(const StartedStep& started) {
    return fmt::format(
        R"({{"step_uuid":"{}","outcome":"{}"}})", started.step.to_string(), to_string(started.start)
    );
}

}  // namespace tenon::worker
