#include "orchestration/hydration/task_request_hydrator.hpp"

#include "domain/messages/message_reader.hpp"
#include "orchestration/hydration/task_request_fields.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::string_view envelope_member = "task_request";

/// What the envelope's metadata says about the request; all else in it is commentary.
Result<TaskRequest> defaults_of(const JsonSlice& metadata) {
    TaskRequest defaults;
    const auto reader = MessageReader::open(metadata, "the metadata");
    if (!reader) {
        return reader.error();
    }
    auto requester = reader->text("requester", name_bytes_max);
    if (!requester) {
        return requester.error();
    }
    if (!requester->empty()) {
        defaults.initiator = *std::move(requester);
    }
    if (const auto priority = reader->find("priority")) {
        const auto number = priority->integer();
        if (!number || *number < -priority_max || *number > priority_max) {
            return reader->wrong("priority", "an integer from -100 to 100", *priority);
        }
        defaults.priority = static_cast<std::int32_t>(*number);
    }
    return defaults;
}

Result<TaskRequest> open_envelope(const MessageReader& envelope) {
    static constexpr std::array<std::string_view, 3> known{
        "request_id", envelope_member, "metadata"
    };
    if (const auto only = envelope.allow_only(known); !only) {
        return only.error();
    }
    if (const auto id = envelope.text("request_id", name_bytes_max); !id) {
        return id.error();
    }
    Result<TaskRequest> defaults = TaskRequest{};
    if (const auto metadata = envelope.find("metadata")) {
        defaults = defaults_of(*metadata);
    }
    if (!defaults) {
        return defaults;
    }
    return read_task_request(
        *envelope.find(envelope_member), *std::move(defaults), "the member 'task_request'"
    );
}

}  // namespace

Result<TaskRequest> TaskRequestHydrator::hydrate(const QueueMessage& message) const {
    const auto document = JsonSlice::parse(message.text, message_limits);
    if (!document) {
        return refusal("the message is not usable as JSON: " + document.error().detail);
    }
    if (document->kind() == JsonKind::object && document->find(envelope_member)) {
        const auto envelope = MessageReader::open(*document, "the message");
        if (!envelope) {
            return envelope.error();
        }
        if (!envelope->find(envelope_member)) {
            return refusal("the member 'task_request' is null; it must be a JSON object");
        }
        return open_envelope(*envelope);
    }
    return read_task_request(*document, {}, "the message");
}

}  // namespace tenon::orchestration
