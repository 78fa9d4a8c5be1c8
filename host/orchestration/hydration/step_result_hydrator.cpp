#include "orchestration/hydration/step_result_hydrator.hpp"

#include "domain/event/event_declaration.hpp"
#include "domain/messages/message_reader.hpp"
#include "foundation/json_text.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {
namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t sentence_bytes_max = 16UL * 1024;
constexpr std::size_t context_bytes_max = 64UL * 1024;
constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours(24 * 30);

constexpr std::int64_t attempt_max = 1'000'000;

constexpr std::size_t events_max = 64;
constexpr std::size_t event_bytes_max = 256UL * 1024;

constexpr std::array<std::string_view, 11> known_members{
    "task_uuid",
    "step_uuid",
    "correlation_id",
    "attempt",
    "status",
    "success",
    "result",
    "error",
    "events",
    "metadata",
    "orchestration_metadata"
};

enum class Verdict : std::uint8_t { none, completed, failed };

/// `status` and `success` say the same in two ways; either will do, and they must agree.
Result<Verdict> verdict_of(const MessageReader& message) {
    const auto status = message.text("status", name_bytes_max);
    const auto success = message.flag("success");
    if (!status || !success) {
        return status ? success.error() : status.error();
    }
    auto verdict = Verdict::none;
    if (*status == "completed") {
        verdict = Verdict::completed;
    } else if (*status == "failed" || *status == "error") {
        verdict = Verdict::failed;
    } else if (const auto value = message.find("status")) {
        return message.wrong("status", R"("completed" or "failed")", *value);
    }
    if (*success) {
        const auto said = **success ? Verdict::completed : Verdict::failed;
        if (verdict != Verdict::none && verdict != said) {
            return refusal(
                "'success' " + std::string(**success ? "true" : "false") +
                " contradicts 'status' \"" + *status + "\"; give one of them"
            );
        }
        verdict = said;
    }
    return verdict;
}

void append(std::string& json, std::string_view name, std::string_view value) {
    json += (json.back() == '{' ? "\"" : ",\"") + std::string(name) + "\":";
    json += value;
}

Result<void> append_text(
    std::string& json,
    const MessageReader& error,
    std::string_view name,
    std::size_t bytes_max
) {
    const auto text = error.text(name, bytes_max);
    if (!text) {
        return text.error();
    }
    if (!text->empty()) {
        append(json, name, json_quote(*text));
    }
    return {};
}

/// Whether the failure may pass: the error says so, or the metadata does.
Result<std::optional<bool>> retryable_of(const MessageReader& message, const MessageReader& error) {
    auto flag = error.flag("retryable");
    const auto metadata = message.find("metadata");
    if (!flag || *flag || !metadata) {
        return flag;
    }
    const auto reader = MessageReader::open(*metadata, "the metadata");
    if (!reader) {
        return reader.error();
    }
    return reader->flag("retryable");
}

Result<void> append_retry(
    std::string& json,
    const MessageReader& message,
    const MessageReader& error
) {
    const auto retryable = retryable_of(message, error);
    if (!retryable) {
        return retryable.error();
    }
    if (*retryable) {
        append(json, "retryable", **retryable ? "true" : "false");
    }
    if (const auto delay = error.find("retry_after_ms")) {
        const auto ms = delay->integer();
        if (!ms || *ms < 0 || *ms > retry_after_max.count()) {
            return error.wrong("retry_after_ms", "an integer from 0 to 2592000000", *delay);
        }
        append(json, "retry_after_ms", std::to_string(*ms));
    }
    return {};
}

/// The failure as the database takes it: what it knows of `error`, nothing else.
Result<std::string> failure_json(const MessageReader& message) {
    const auto value = message.find("error");
    if (!value) {
        return refusal("'error' is missing in the message; a failed step needs one");
    }
    const auto error = MessageReader::open(*value, "the member 'error'");
    if (!error) {
        return error.error();
    }
    if (!error->find("message")) {
        return refusal("'message' is missing in the member 'error'; say what went wrong");
    }
    std::string json = "{";
    for (const auto& [name, limit] :
         {std::pair{"message", sentence_bytes_max},
          std::pair{"error_type", name_bytes_max},
          std::pair{"error_code", name_bytes_max}}) {
        if (const auto appended = append_text(json, *error, name, limit); !appended) {
            return appended.error();
        }
    }
    if (const auto appended = append_retry(json, message, *error); !appended) {
        return appended.error();
    }
    if (const auto context = error->find("context")) {
        if (context->kind() != JsonKind::object || context->raw().size() > context_bytes_max) {
            return error->wrong("context", "a JSON object of at most 65536 bytes", *context);
        }
        append(json, "context", context->raw());
    }
    return json + '}';
}

Result<std::string> outcome_json(const MessageReader& message) {
    const auto verdict = verdict_of(message);
    if (!verdict) {
        return verdict.error();
    }
    if (*verdict == Verdict::none) {
        if (message.find("result") || message.find("error")) {
            return refusal(
                "'status' is missing in the message; with a result or an error it must be "
                "\"completed\" or \"failed\""
            );
        }
        return std::string();
    }
    if (*verdict == Verdict::completed) {
        if (message.find("error")) {
            return refusal("'error' is given although the status is \"completed\"; leave it out");
        }
        const auto result = message.find("result");
        const auto text = result ? result->raw() : std::string_view("null");
        return R"({"status":"completed","result":)" + std::string(text) + '}';
    }
    auto failure = failure_json(message);
    if (!failure) {
        return failure;
    }
    return R"({"status":"failed","error":)" + *failure + '}';
}

/// Which attempt the outcome is of, if the worker says so: one that comes late is then refused.
Result<void> append_attempt(std::string& outcome, const MessageReader& message) {
    const auto value = message.find("attempt");
    if (!value) {
        return {};
    }
    const auto attempt = value->integer();
    if (!attempt || *attempt < 1 || *attempt > attempt_max) {
        return message.wrong("attempt", "an integer from 1 to 1000000", *value);
    }
    if (!outcome.empty()) {
        outcome.pop_back();
        outcome += ",\"attempt\":" + std::to_string(*attempt) + '}';
    }
    return {};
}

Result<void> check_event(const JsonSlice& value) {
    static constexpr std::array<std::string_view, 2> members{"name", "payload"};
    const auto event = MessageReader::open(value, "an event of the member 'events'");
    if (!event) {
        return event.error();
    }
    if (const auto only = event->allow_only(members); !only) {
        return only.error();
    }
    const auto name = event->text("name", event_name_bytes);
    if (name && !is_event_name(*name)) {
        return refusal("'name' of an event must be such as payment.charged but is '" + *name + "'");
    }
    return name ? Result<void>() : Result<void>(name.error());
}

/// What the events of the step say beyond its outcome.
Result<void> append_events(std::string& outcome, const MessageReader& message) {
    const auto value = message.find("events");
    if (!value) {
        return {};
    }
    const auto events = value->elements();
    if (value->kind() != JsonKind::array || events.size() > events_max ||
        value->raw().size() > event_bytes_max) {
        return message.wrong("events", "a list of at most 64 events and 262144 bytes", *value);
    }
    for (const auto& event : events) {
        if (const auto checked = check_event(event); !checked) {
            return checked.error();
        }
    }
    if (outcome.empty()) {
        return refusal("'events' is given without an outcome; add the status of the step");
    }
    outcome.pop_back();
    outcome += ",\"events\":" + std::string(value->raw()) + '}';
    return {};
}

}  // namespace

Result<StepResult> StepResultHydrator::hydrate(const QueueMessage& message) const {
    const auto reader = MessageReader::open(message.text, "the message");
    if (!reader) {
        return reader.error();
    }
    if (const auto only = reader->allow_only(known_members); !only) {
        return only.error();
    }
    const auto task = read_task(*reader);
    if (!task) {
        return task.error();
    }
    const auto step = read_step(*reader, *task);
    if (!step) {
        return step.error();
    }
    auto outcome = outcome_json(*reader);
    if (!outcome) {
        return outcome.error();
    }
    if (const auto appended = append_attempt(*outcome, *reader); !appended) {
        return appended.error();
    }
    if (const auto appended = append_events(*outcome, *reader); !appended) {
        return appended.error();
    }
    return StepResult{.task = *task, .step_no = *step, .outcome_json = *std::move(outcome)};
}

}  // namespace tenon::orchestration
