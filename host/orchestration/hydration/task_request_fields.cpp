#include "orchestration/hydration/task_request_fields.hpp"

#include "domain/messages/message_reader.hpp"
#include "foundation/suggestion.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace tenon::orchestration {

namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t reason_bytes_max = 4096;
constexpr std::size_t tags_max = 64;

using Read = Result<void> (*)(std::string_view field, const JsonSlice& value, TaskRequest& request);

Error wrong(std::string_view field, std::string_view expected, const JsonSlice& value) {
    return refusal(
        "field '" + std::string(field) + "' must be " + std::string(expected) + ", not " +
        quoted(value)
    );
}

Result<void> read_string(
    std::string_view field,
    const JsonSlice& value,
    std::string& target,
    std::size_t bytes_max = name_bytes_max
) {
    auto text = value.string();
    if (!text) {
        return wrong(field, "a string", value);
    }
    if (text->empty() || text->size() > bytes_max) {
        return wrong(field, "a string of 1 to " + std::to_string(bytes_max) + " bytes", value);
    }
    target = std::move(*text);
    return {};
}

Result<void> read_key(std::string_view field, const JsonSlice& value, TaskRequest& request) {
    const auto read = read_string(field, value, request.idempotency_key);
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (read && std::ranges::any_of(request.idempotency_key, is_control)) {
        return wrong(field, "a string without control characters", value);
    }
    return read;
}

Result<void> read_context(std::string_view field, const JsonSlice& value, TaskRequest& request) {
    if (value.kind() != JsonKind::object) {
        return wrong(field, "a JSON object", value);
    }
    request.context_json = value.raw();
    return {};
}

Result<void> read_priority(std::string_view field, const JsonSlice& value, TaskRequest& request) {
    const auto priority = value.integer();
    if (!priority || *priority < -priority_max || *priority > priority_max) {
        return wrong(field, "an integer from -100 to 100", value);
    }
    request.priority = static_cast<std::int32_t>(*priority);
    return {};
}

Result<void> read_tags(std::string_view field, const JsonSlice& value, TaskRequest& request) {
    const auto elements = value.elements();
    if (value.kind() != JsonKind::array || elements.size() > tags_max) {
        return wrong(field, "an array of at most 64 strings", value);
    }
    for (const auto& element : elements) {
        const auto name = std::string(field) + '[' + std::to_string(request.tags.size()) + ']';
        if (auto read = read_string(name, element, request.tags.emplace_back()); !read) {
            return read;
        }
    }
    return {};
}

Result<void> read_correlation(
    std::string_view field,
    const JsonSlice& value,
    std::optional<CorrelationId>& target
) {
    target = CorrelationId::from_text(value.string().value_or(""));
    if (!target) {
        return wrong(field, "a UUID such as 0192f0c1-7a5b-7c3d-8e9f-000000000000", value);
    }
    return {};
}

struct Field {
    std::string_view name;
    Read read;
};

constexpr std::array fields{
    Field{
        "namespace",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.namespace_name);
        }
    },
    Field{
        "name",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.name);
        }
    },
    Field{
        "version",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.version);
        }
    },
    Field{"context", read_context},
    Field{
        "initiator",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.initiator);
        }
    },
    Field{
        "source_system",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.source_system);
        }
    },
    Field{
        "reason",
        [](auto field, const auto& value, auto& request) {
            return read_string(field, value, request.reason, reason_bytes_max);
        }
    },
    Field{"priority", read_priority},
    Field{"tags", read_tags},
    Field{
        "correlation_id",
        [](auto field, const auto& value, auto& request) {
            return read_correlation(field, value, request.correlation_id);
        }
    },
    Field{
        "parent_correlation_id",
        [](auto field, const auto& value, auto& request) {
            return read_correlation(field, value, request.parent_correlation_id);
        }
    },
    Field{"idempotency_key", read_key},
};

Error unknown_field(const std::string& name) {
    std::array<std::string_view, fields.size()> names;
    std::ranges::transform(fields, names.begin(), &Field::name);
    std::string known;
    for (const auto each : names) {
        known += (known.empty() ? "" : ", ") + std::string(each);
    }
    return refusal(
        "unknown field '" + name + "'" + did_you_mean(name, names) + "; the known ones are " + known
    );
}

Result<void> read_member(const JsonSlice::Member& member, TaskRequest& request) {
    const auto& [name, value] = member;
    const auto* const field = std::ranges::find(fields, name, &Field::name);
    if (field == fields.end()) {
        return unknown_field(name);
    }
    if (value.kind() == JsonKind::null) {
        return {};
    }
    return field->read(field->name, value, request);
}

}  // namespace

Result<TaskRequest> parse_task_request(std::string_view body) {
    const auto document = JsonSlice::parse(body);
    if (!document) {
        return refusal("the body is not valid JSON: " + document.error().detail);
    }
    return read_task_request(*document, {}, "the body");
}

Result<TaskRequest> read_task_request(
    const JsonSlice& document,
    TaskRequest request,
    std::string_view what
) {
    if (document.kind() != JsonKind::object) {
        return refusal(
            std::string(what) + " must be a JSON object, such as {\"namespace\":…,\"name\":…}"
        );
    }
    std::set<std::string> seen;
    for (const auto& member : document.members()) {
        if (!seen.insert(member.first).second) {
            return refusal("field '" + member.first + "' is given twice; give it once");
        }
        if (const auto read = read_member(member, request); !read) {
            return read.error();
        }
    }
    for (const auto& [name, value] :
         {std::pair{"namespace", &request.namespace_name}, std::pair{"name", &request.name}}) {
        if (value->empty()) {
            return refusal("field '" + std::string(name) + "' is missing; it is required");
        }
    }
    return request;
}

}  // namespace tenon::orchestration
