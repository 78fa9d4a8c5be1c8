#include "domain/template/template_definition.hpp"

#include "domain/template/document.hpp"
#include "domain/template/template_decoder.hpp"
#include "foundation/json_text.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <utility>

namespace tenon {
namespace {

using nlohmann::json;

using Object = Result<json>;

// A template of 65 535 steps with all defaults written out.
constexpr JsonLimits definition_limits{.max_bytes = std::size_t{64} * 1024 * 1024};

Object object(std::string_view text, std::string_view key, std::string_view owner) {
    if (const auto valid = check_json(text, definition_limits); !valid) {
        return Error{
            ErrorCode::invalid_input, fmt::format("{} of {}: {}", key, owner, valid.error().detail)
        };
    }
    auto value = json::parse(text);
    if (!value.is_object()) {
        return Error{
            ErrorCode::invalid_input, fmt::format("{} of {} must be a JSON object", key, owner)
        };
    }
    // Spelled out, because nearly everything converts to JSON, a Result included.
    return {boost::system::in_place_value, std::move(value)};
}

json retry_of(const RetryPolicy& retry) {
    json policy{
        {"retryable", retry.retryable},
        {"max_attempts", retry.max_attempts},
        {"backoff", to_string(retry.backoff)},
        {"backoff_base_ms", retry.backoff_base.count()},
        {"max_backoff_ms", retry.max_backoff.count()}
    };
    if (!retry.non_retryable.empty()) {
        policy["non_retryable"] = retry.non_retryable;
    }
    return policy;
}

// Only what differs from the default, so that a template without a lifecycle has no such key.
json lifecycle_of(const Lifecycle& lifecycle) {
    auto limits = json::object();
    const auto add = [&limits](const char* key, Lifecycle::Limit limit) {
        if (limit) {
            limits[key] = limit->count();
        }
    };
    add("max_duration_minutes", lifecycle.max_duration);
    add("max_waiting_for_dependencies_minutes", lifecycle.max_waiting_for_dependencies);
    add("max_waiting_for_retry_minutes", lifecycle.max_waiting_for_retry);
    add("max_steps_in_process_minutes", lifecycle.max_steps_in_process);
    if (lifecycle.staleness_action != Lifecycle{}.staleness_action) {
        limits["staleness_action"] = to_string(lifecycle.staleness_action);
    }
    return limits;
}

Object events_of(const StepTemplate& step) {
    auto events = json::array();
    for (const auto& event : step.events) {
        json object_of_event{
            {"name", event.name},
            {"delivery_mode", to_string(event.delivery_mode)},
            {"condition", to_string(event.condition)}
        };
        if (!event.description.empty()) {
            object_of_event["description"] = event.description;
        }
        if (!event.schema_json.empty()) {
            auto schema =
                object(event.schema_json, "schema", fmt::format("event '{}'", event.name));
            if (!schema) {
                return schema.error();
            }
            object_of_event["schema"] = std::move(*schema);
        }
        events.push_back(std::move(object_of_event));
    }
    return {boost::system::in_place_value, std::move(events)};
}

Object step_object(const StepTemplate& step) {
    const auto owner = fmt::format("step '{}'", step.name);
    auto definition = object(step.reserved_json, "reserved", owner);
    auto initialization = object(step.initialization_json, "initialization", owner);
    if (!definition || !initialization) {
        return !definition ? definition.error() : initialization.error();
    }
    json handler{
        {"callable", step.callable},
        {"method", step.method},
        {"initialization", std::move(*initialization)}
    };
    if (!step.resolver.empty()) {
        handler["resolver"] = step.resolver;
    }
    definition->update({
        {"name", step.name},
        {"description", step.description},
        {"handler", std::move(handler)},
        {"dependencies", step.dependencies},
        {"retry", retry_of(step.retry)},
        {"timeout_seconds", step.timeout.count()},
    });
    if (!step.events.empty()) {
        auto events = events_of(step);
        if (!events) {
            return events.error();
        }
        (*definition)["publishes_events"] = std::move(*events);
    }
    if (step.max_runtime.count() > 0) {
        (*definition)["max_runtime_seconds"] = step.max_runtime.count();
    }
    return definition;
}

Object template_object(const TaskTemplate& source) {
    constexpr std::string_view owner = "template";
    auto definition = object(source.reserved_json, "reserved", owner);
    auto metadata = object(source.metadata_json, "metadata", owner);
    if (!definition || !metadata) {
        return !definition ? definition.error() : metadata.error();
    }
    definition->update({
        {"namespace_name", source.namespace_name},
        {"name", source.name},
        {"version", source.version},
        {"description", source.description},
        {"metadata", std::move(*metadata)},
    });
    if (source.identity_strategy != TaskTemplate{}.identity_strategy) {
        (*definition)["identity_strategy"] = to_string(source.identity_strategy);
    }
    if (source.lifecycle != Lifecycle{}) {
        (*definition)["lifecycle"] = lifecycle_of(source.lifecycle);
    }
    if (!source.input_schema_json.empty()) {
        auto schema = object(source.input_schema_json, "input_schema", owner);
        if (!schema) {
            return schema.error();
        }
        (*definition)["input_schema"] = std::move(*schema);
    }
    return definition;
}

}  // namespace

std::string lifecycle_json(const Lifecycle& lifecycle) {
    return lifecycle_of(lifecycle).dump();
}

Result<std::string> definition_json(const TaskTemplate& source) {
    auto definition = template_object(source);
    if (!definition) {
        return definition.error();
    }
    auto& steps = (*definition)["steps"] = json::array();
    for (const auto& step : source.steps) {
        auto object_of_step = step_object(step);
        if (!object_of_step) {
            return object_of_step.error();
        }
        steps.push_back(std::move(*object_of_step));
    }
    return definition->dump();
}

Result<TaskTemplate> parse_definition(std::string_view definition_json, std::string_view origin) {
    if (const auto valid = check_json(definition_json, definition_limits); !valid) {
        return Error{ErrorCode::invalid_input, fmt::format("{}: {}", origin, valid.error().detail)};
    }
    return decode_template(document_from_json(json::parse(definition_json)), origin);
}

}  // namespace tenon
