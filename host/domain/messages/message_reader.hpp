#pragma once

#include "domain/ids.hpp"
#include "foundation/json_slice.hpp"
#include "foundation/result.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon {

/// What a message may cost: as much as a handler's result or a request's body.
inline constexpr JsonLimits message_limits{};

/// How often a message may be read; who reads it more often has seen others fail at it.
inline constexpr std::int32_t reads_max = 5;

Error refusal(std::string sentence);

/// `value` in a sentence: itself when it is short, otherwise its kind and size.
std::string quoted(const JsonSlice& value);

/// The members of one JSON object, each once. A view: the text must outlive it.
class MessageReader {
public:
    /// The error calls the object `what`: not JSON, no object, or a member twice.
    static Result<MessageReader> open(std::string_view text, std::string_view what);

    /// A value that must be an object, by name for errors.
    static Result<MessageReader> open(const JsonSlice& value, std::string_view what);

    /// Refuses every member that is not one of `known`.
    Result<void> allow_only(std::span<const std::string_view> known) const;

    /// The member, unless it is absent or null.
    std::optional<JsonSlice> find(std::string_view name) const;

    /// A member that must be there and be a UUID.
    template <class Id>
    Result<Id> uuid(std::string_view name) const {
        const auto text = uuid_text(name);
        if (!text) {
            return text.error();
        }
        return Id::parse(*text);
    }

    /// A string of at most `bytes_max` bytes; empty when the member is absent or null.
    Result<std::string> text(std::string_view name, std::size_t bytes_max) const;

    /// Whether the member is true or false; nothing when it is absent or null.
    Result<std::optional<bool>> flag(std::string_view name) const;

    Error wrong(std::string_view name, std::string_view expected, const JsonSlice& value) const;

private:
    explicit MessageReader(std::string what) : what_(std::move(what)) {}

    Result<std::string> uuid_text(std::string_view name) const;

    std::string what_;
    std::map<std::string, JsonSlice, std::less<>> members_;
};

/// The id of a task that `task_uuid` must be: its last 16 bits are the number of a step and zero.
Result<TaskId> read_task(const MessageReader& message);

/// The step that `step_uuid` must be, and that it is one of `task`.
Result<StepNo> read_step(const MessageReader& message, TaskId task);

}  // namespace tenon
