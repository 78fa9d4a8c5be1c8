#include "orchestration/hydration/finalization_hydrator.hpp"

#include "domain/messages/message_reader.hpp"

#include <array>
#include <string_view>

namespace tenon::orchestration {

Result<TaskId> FinalizationHydrator::hydrate(const QueueMessage& message) const {
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
    const auto task = read_task(*reader);
    if (task && reader->find("step_uuid")) {
        if (const auto step = read_step(*reader, *task); !step) {
            return step.error();
        }
    }
    return task;
}

}  // namespace tenon::orchestration
