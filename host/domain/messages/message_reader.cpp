#include "domain/messages/message_reader.hpp"

#include "foundation/suggestion.hpp"
#include "foundation/utf8.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tenon {
namespace {

constexpr std::size_t quoted_bytes_max = 60;

std::string listed(std::span<const std::string_view> names) {
    std::string list;
    for (const auto name : names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return list;
}

}  // namespace

Error refusal(std::string sentence) {
    return {ErrorCode::invalid_input, std::move(sentence)};
}

std::string quoted(const JsonSlice& value) {
    if (value.raw().size() <= quoted_bytes_max) {
        return value.compact();
    }
    const auto size = std::to_string(value.raw().size());
    const bool vowel = value.kind() == JsonKind::object || value.kind() == JsonKind::array;
    return (vowel ? "an " : "a ") + std::string(to_string(value.kind())) + " of " + size + " bytes";
}

Result<MessageReader> MessageReader::open(std::string_view text, std::string_view what) {
    const auto document = JsonSlice::parse(text, message_limits);
    if (!document) {
        return refusal(std::string(what) + " is not usable as JSON: " + document.error().detail);
    }
    return open(*document, what);
}

Result<MessageReader> MessageReader::open(const JsonSlice& value, std::string_view what) {
    MessageReader reader{std::string(what)};
    if (value.kind() != JsonKind::object) {
        return refusal(reader.what_ + " must be a JSON object, not " + quoted(value));
    }
    for (auto& [name, member] : value.members()) {
        if (!reader.members_.emplace(name, member).second) {
            const auto shown = to_valid_utf8(name, quoted_bytes_max);
            return refusal("'" + shown + "' is given twice in " + reader.what_ + "; give it once");
        }
    }
    return reader;
}

Result<void> MessageReader::allow_only(std::span<const std::string_view> known) const {
    for (const auto& [name, value] : members_) {
        if (std::ranges::find(known, name) == known.end()) {
            const auto shown = to_valid_utf8(name, quoted_bytes_max);
            return refusal(
                "unknown member '" + shown + "' in " + what_ + did_you_mean(shown, known) +
                "; the known ones are " + listed(known)
            );
        }
    }
    return {};
}

std::optional<JsonSlice> MessageReader::find(std::string_view name) const {
    const auto found = members_.find(name);
    if (found == members_.end() || found->second.kind() == JsonKind::null) {
        return std::nullopt;
    }
    return found->second;
}

Result<std::string> MessageReader::text(std::string_view name, std::size_t bytes_max) const {
    const auto value = find(name);
    if (!value) {
        return std::string();
    }
    auto text = value->string();
    if (!text) {
        return wrong(name, "a string", *value);
    }
    if (text->size() > bytes_max) {
        return wrong(name, "a string of at most " + std::to_string(bytes_max) + " bytes", *value);
    }
    return *std::move(text);
}

Result<std::optional<bool>> MessageReader::flag(std::string_view name) const {
    const auto value = find(name);
    if (!value) {
        return std::optional<bool>();
    }
    const auto truth = value->boolean();
    if (!truth) {
        return wrong(name, "true or false", *value);
    }
    return truth;
}

Error MessageReader::wrong(std::string_view name, std::string_view expected, const JsonSlice& value)
    const {
    return refusal(
        "'" + std::string(name) + "' of " + what_ + " must be " + std::string(expected) + ", not " +
        quoted(value)
    );
}

Result<std::string> MessageReader::uuid_text(std::string_view name) const {
    const auto value = find(name);
    if (!value) {
        return refusal("'" + std::string(name) + "' is missing in " + what_ + "; it is required");
    }
    auto text = value->string();
    if (!text || !is_uuid(*text)) {
        return wrong(name, "a UUID such as 0192f0c1-7a5b-7c3d-8e9f-123456780000", *value);
    }
    return *std::move(text);
}

Result<TaskId> read_task(const MessageReader& message) {
    auto task = message.uuid<TaskId>("task_uuid");
    if (task && step_no_of(StepId(task->value())) != 0) {
        return refusal(
            "'task_uuid' " + task->to_string() +
            " is not the UUID of a task, which ends in 0000; is it a step's?"
        );
    }
    return task;
}

Result<StepNo> read_step(const MessageReader& message, TaskId task) {
    const auto step = message.uuid<StepId>("step_uuid");
    if (!step) {
        return step.error();
    }
    if (step_no_of(*step) == 0) {
        return refusal(
            "'step_uuid' " + step->to_string() + " is the UUID of a task, not of a step of it"
        );
    }
    if (task_of(*step) != task) {
        return refusal(
            "'step_uuid' " + step->to_string() + " is not a step of task " + task.to_string()
        );
    }
    return step_no_of(*step);
}

}  // namespace tenon
