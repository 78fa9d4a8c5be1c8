#include "worker/hydration/step_message_hydrator.hpp"

#include "domain/messages/message_reader.hpp"

#include <array>
#include <string_view>

namespace tenon::worker {

Result<database::NamedStep> StepMessageHydrator::hydrate(const QueueMessage& message) const {
    static constexpr std::array<std::string_view, 3> known{
        "task_uuid", "step_uuid", "correlation_id"
    };
    const auto reader = MessageReader::open(message.text, "the message");
    if (!reader) {
        return reader.error();
    }
    if (const auto only = reader->allow_only(known); !only) {
        return only.error();
    }
    const auto step = reader->uuid<StepId>("step_uuid");
    if (!step) {
        return step.error();
    }
    auto task = task_of(*step);
    if (reader->find("task_uuid")) {
        const auto named = read_task(*reader);
        if (!named) {
            return named.error();
        }
        task = *named;
    }
    const auto number = read_step(*reader, task);
    if (!number) {
        return number.error();
    }
    database::NamedStep content{.task = task, .step_no = *number};
    if (reader->find("correlation_id")) {
        const auto correlation = reader->uuid<CorrelationId>("correlation_id");
        if (!correlation) {
            return correlation.error();
        }
        content.correlation = *correlation;
    }
    return content;
}

}  // namespace tenon::worker
