#include "orchestration/web/operation_body.hpp"

#include "domain/messages/message_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenon::orchestration {

namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t prose_bytes_max = 4096;

/// The names of the two members that say who and why.
struct NoteNames {
    std::string_view by;
    std::string_view reason;
};

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// A body that may be left out.
Result<MessageReader> open_body(std::string_view body, std::span<const std::string_view> known) {
    auto reader = MessageReader::open(body.empty() ? "{}" : body, "the body");
    if (!reader) {
        return reader;
    }
    if (const auto only = reader->allow_only(known); !only) {
        return only.error();
    }
    return reader;
}

Result<Intervention> read_note(const MessageReader& body, NoteNames names) {
    auto by = body.text(names.by, name_bytes_max);
    if (!by) {
        return by.error();
    }
    if (std::ranges::any_of(*by, is_control)) {
        return body.wrong(names.by, "a string without control characters", *body.find(names.by));
    }
    auto reason = body.text(names.reason, prose_bytes_max);
    if (!reason) {
        return reason.error();
    }
    Intervention intervention{.by = *std::move(by), .reason = *std::move(reason)};
    if (intervention.by.empty()) {
        intervention.by = Intervention{}.by;
    }
    return intervention;
}

Result<Intervention> parse_note(std::string_view body, NoteNames names) {
    const std::array known{names.by, names.reason};
    const auto reader = open_body(body, known);
    return reader ? read_note(*reader, names) : reader.error();
}

/// A member that must be one of a few words.
template <class Word>
Result<Word> read_word(
    const MessageReader& body,
    std::string_view name,
    std::optional<Word> (*parse)(std::string_view) noexcept,
    std::string_view words
) {
    const auto value = body.find(name);
    if (!value) {
        return refusal(
            "'" + std::string(name) + "' is missing in the body; it must be " + std::string(words)
        );
    }
    const auto word = parse(value->string().value_or(""));
    if (!word) {
        return body.wrong(name, words, *value);
    }
    return *word;
}

std::string_view by_member(StepAction action) noexcept {
    switch (action) {
        case StepAction::reset_for_retry: return "reset_by";
        case StepAction::resolve_manually: return "resolved_by";
        case StepAction::complete_manually: return "completed_by";
    }
    return "by";
}

/// Refuses what belongs to another action: it would be dropped in silence.
Result<void> check_belonging(const MessageReader& body, StepAction action) {
    for (const auto other : all_step_actions) {
        if (other != action && body.find(by_member(other))) {
            return refusal(
                "'" + std::string(by_member(other)) + "' does not belong to " +
                std::string(to_string(action)) + "; use '" + std::string(by_member(action)) + "'"
            );
        }
    }
    if (action != StepAction::complete_manually && body.find("completion_data")) {
        return refusal(
            "'completion_data' does not belong to " + std::string(to_string(action)) +
            "; leave it out, or use complete_manually"
        );
    }
    return {};
}

Result<std::string> read_result(const MessageReader& body) {
    constexpr std::array<std::string_view, 1> known{"result"};
    const auto data = body.find("completion_data");
    if (!data) {
        return refusal(
            "'completion_data' is missing in the body; give the result as "
            "{\"completion_data\":{\"result\":…}}"
        );
    }
    const auto reader = MessageReader::open(*data, "'completion_data'");
    if (!reader) {
        return reader.error();
    }
    if (const auto only = reader->allow_only(known); !only) {
        return only.error();
    }
    // Looked for in the value itself, because null is a result too.
    const auto result = data->find("result");
    if (!result) {
        return refusal("'result' is missing in 'completion_data'; null is one too");
    }
    return std::string(result->raw());
}

}  // namespace

Result<Intervention> parse_intervention(std::string_view body) {
    return parse_note(body, {.by = "by", .reason = "reason"});
}

Result<Intervention> parse_dead_letter_note(std::string_view body) {
    return parse_note(body, {.by = "by", .reason = "notes"});
}

Result<StepRepairBody> parse_step_repair(std::string_view body) {
    constexpr std::array<std::string_view, 6> known{
        "action_type", "reason", "reset_by", "resolved_by", "completed_by", "completion_data"
    };
    const auto reader = open_body(body, known);
    if (!reader) {
        return reader.error();
    }
    const auto action = read_word(
        *reader,
        "action_type",
        parse_step_action,
        "reset_for_retry, resolve_manually or complete_manually"
    );
    if (!action) {
        return action.error();
    }
    if (const auto belong = check_belonging(*reader, *action); !belong) {
        return belong.error();
    }
    auto note = read_note(*reader, {.by = by_member(*action), .reason = "reason"});
    if (!note) {
        return note.error();
    }
    StepRepairBody repair{.action = *action, .intervention = *std::move(note)};
    if (*action == StepAction::complete_manually) {
        auto result = read_result(*reader);
        if (!result) {
            return result.error();
        }
        repair.result_json = *std::move(result);
    }
    return repair;
}

Result<DeadLetterBody> parse_dead_letter_update(std::string_view body) {
    constexpr std::array<std::string_view, 3> known{
        "resolution_status", "resolution_notes", "resolved_by"
    };
    const auto reader = open_body(body, known);
    if (!reader) {
        return reader.error();
    }
    const auto status = read_word(
        *reader,
        "resolution_status",
        parse_resolution_status,
        "pending, manually_resolved, permanently_failed or cancelled"
    );
    if (!status) {
        return status.error();
    }
    auto note = read_note(*reader, {.by = "resolved_by", .reason = "resolution_notes"});
    if (!note) {
        return note.error();
    }
    return DeadLetterBody{.status = *status, .intervention = *std::move(note)};
}

}  // namespace tenon::orchestration
