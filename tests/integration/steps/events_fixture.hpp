#pragma once

#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tenon::testing {

using nlohmann::json;

/// One turn of the orchestration role over all result messages; its rows as lines of text.
inline constexpr auto process_results =
    "WITH m AS ("
    "    SELECT r.msg_id, (r.message ->> 'task_uuid')::uuid AS task_uuid, "
    "           tenon.step_no_of_step((r.message ->> 'step_uuid')::uuid) AS step_no, "
    "           CASE WHEN r.message ? 'status' THEN r.message::json END AS body "
    "    FROM pgmq.read('orchestration_step_results', 0, 1000) AS r) "
    "SELECT coalesce(string_agg(p.kind::text || ' ' || coalesce(p.body, ''), E'\\n' ORDER BY "
    "p.kind), '')"
    "FROM (SELECT array_agg(m.msg_id) AS ids, array_agg(m.task_uuid) AS tasks, "
    "             array_agg(m.step_no) AS steps, array_agg(m.body) AS bodies FROM m) AS a "
    "LEFT JOIN LATERAL tenon.process_step_results($1::integer, a.ids, a.tasks, a.steps, a.bodies) "
    "    AS p ON a.ids IS NOT NULL";

inline EventDeclaration event(
    std::string name,
    EventCondition condition = EventCondition::success,
    DeliveryMode mode = DeliveryMode::durable
) {
    return {
        .name = std::move(name),
        .description = {},
        .schema_json = {},
        .delivery_mode = mode,
        .condition = condition
    };
}

/// One step that may be tried twice and publishes these.
inline TaskTemplate publisher(
    std::vector<EventDeclaration> events,
    std::string name = "publisher"
) {
    auto only = restless("charge", 2);
    only.events = std::move(events);
    return workflow(std::move(name), {std::move(only)});
}

/// One event for each condition, named after it.
inline std::vector<EventDeclaration> one_of_each_condition() {
    using enum EventCondition;
    return {
        event("on.success", success),
        event("on.failure", failure),
        event("on.retryable", retryable_failure),
        event("on.permanent", permanent_failure),
        event("on.anything", always)
    };
}

/// The attempt with what its handler wants said.
inline SettledStep with_events(SettledStep step, std::string events_json) {
    step.events_json = std::move(events_json);
    return step;
}

/// A database whose steps publish events, and the questions that tests ask of it.
class EventsTest : public StepPathTest {
protected:
    /// The documents on the queue, in order.
    std::vector<json> documents() {
        std::vector<json> found;
        for (const auto& row :
             sql().rows("SELECT message::text FROM pgmq.q_steps_domain_events ORDER BY msg_id")) {
            found.push_back(json::parse(row.at(0).value()));
        }
        return found;
    }

    /// Their names, sorted.
    std::vector<std::string> names() {
        std::vector<std::string> found;
        for (const auto& document : documents()) {
            found.push_back(document["event_name"]);
        }
        std::ranges::sort(found);
        return found;
    }

    std::vector<std::string> rejections() {
        std::vector<std::string> found;
        for (const auto& row : sql().rows("SELECT event_name || '|' || attempt || '|' || reason "
                                          "FROM tenon.event_rejections ORDER BY 1")) {
            found.push_back(row.at(0).value());
        }
        return found;
    }

    std::string process(TestHost& brain) { return sql().value(process_results, {brain.number()}); }

    ClaimedStep claim_one(TestHost& host, const std::string& name = "publisher") {
        submit(name);
        return host.claim(1).at(0);
    }
};

}  // namespace tenon::testing
