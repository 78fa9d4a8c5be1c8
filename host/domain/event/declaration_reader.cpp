#include "domain/event/declaration_reader.hpp"

#include "domain/template/input_schema.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {
namespace {

constexpr std::size_t choice_bytes = 255;
constexpr std::size_t prose_bytes = 10'000;

// The value of a key that must be one of a few words; `words` lists them for people.
template <class Choice>
Choice read_choice(
    FieldReader& fields,
    std::string_view key,
    std::optional<Choice> (*parse)(std::string_view) noexcept,
    std::string_view words,
    Choice fallback
) {
    const auto text = fields.text({key}, {.max_bytes = choice_bytes}, to_string(fallback));
    const auto choice = parse(text);
    if (!choice) {
        fields.report(
            fields.place_of(key),
            fmt::format("{} of {} must be {} but is '{}'", key, fields.owner(), words, text)
        );
    }
    return choice.value_or(fallback);
}

std::string read_name(FieldReader& fields) {
    auto name = fields.text({"name"}, {.max_bytes = event_name_bytes, .required = true});
    if (!name.empty() && !is_event_name(name)) {
        fields.report(
            fields.place_of("name"),
            fmt::format(
                "name of {} must be words of a-z, 0-9, '_' and '-' separated by dots, such as "
                "payment.charged, but is '{}'",
                fields.owner(),
                name
            )
        );
    }
    return name;
}

EventDeclaration read_declaration(FieldReader& fields) {
    EventDeclaration event;
    event.name = read_name(fields);
    event.description =
        fields.text({"description"}, {.max_bytes = prose_bytes, .shape = TextRule::Shape::prose});
    event.schema_json = fields.object_text({"schema"}, "");
    event.delivery_mode = read_choice(
        fields,
        "delivery_mode",
        parse_delivery_mode,
        "durable, fast or broadcast",
        event.delivery_mode
    );
    event.condition = read_choice(
        fields,
        "condition",
        parse_event_condition,
        "success, failure, retryable_failure, permanent_failure or always",
        event.condition
    );
    if (!event.schema_json.empty()) {
        if (const auto valid = check_schema(event.schema_json, "schema"); !valid) {
            fields.report(
                fields.place_of("schema"),
                fmt::format("{} (of {})", valid.error().detail, fields.owner())
            );
        }
    }
    fields.refuse_the_rest();
    return event;
}

bool same(const EventDeclaration& one, const EventDeclaration& other) {
    return one.name == other.name && one.condition == other.condition;
}

}  // namespace

std::vector<EventDeclaration> read_declarations(FieldReader& step, FirstProblem& problems) {
    std::vector<EventDeclaration> events;
    const auto* list = step.sequence({"publishes_events"});
    if (list == nullptr) {
        return events;
    }
    if (list->items.size() > events_of_a_step) {
        step.report(
            list->place,
            fmt::format(
                "publishes_events of {} must list at most {} events but lists {}",
                step.owner(),
                events_of_a_step,
                list->items.size()
            )
        );
        return events;
    }
    for (const auto& item : list->items) {
        const auto owner = fmt::format("event number {} of {}", events.size() + 1, step.owner());
        FieldReader fields(item, owner, problems);
        auto event = read_declaration(fields);
        const auto twin = std::ranges::find_if(events, [&](const EventDeclaration& known) {
            return same(known, event);
        });
        if (twin != events.end()) {
            step.report(
                fields.place_of("name"),
                fmt::format(
                    "publishes_events of {} lists '{}' with condition {} twice",
                    step.owner(),
                    event.name,
                    to_string(event.condition)
                )
            );
        }
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace tenon
