#include "domain/template/template_decoder.hpp"

#include "domain/event/declaration_reader.hpp"
#include "domain/graph/step_graph.hpp"
#include "domain/template/field_reader.hpp"
#include "domain/template/input_schema.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <span>
#include <string>
#include <utility>

namespace tenon {
namespace {

constexpr std::size_t name_bytes = 255;
constexpr std::size_t namespace_bytes = 29;  // What PGMQ leaves of a table name.
constexpr std::size_t callable_bytes = 500;
constexpr std::size_t prose_bytes = 10'000;
constexpr std::size_t version_bytes = 40;

constexpr IntegerRule attempts{0, 100};
constexpr IntegerRule backoff_base_ms{10, 3'600'000};
constexpr IntegerRule max_backoff_ms{10, 86'400'000};
constexpr IntegerRule timeout_seconds{1, 604'800};
constexpr IntegerRule max_runtime_seconds{0, 2'592'000};
constexpr IntegerRule duration_minutes{1, 43'200};
constexpr IntegerRule waiting_minutes{1, 10'080};
constexpr std::size_t non_retryable_max = 100;

// A key of the format whose meaning comes with a later version.
struct ReservedKey {
    enum class Kind : std::uint8_t { anything, mapping, sequence, text };

    std::string_view name;
    Kind kind;
};

constexpr std::array reserved_in_template{
    ReservedKey{"domain_events", ReservedKey::Kind::sequence},
    ReservedKey{"environments", ReservedKey::Kind::mapping},
    ReservedKey{"system_dependencies", ReservedKey::Kind::mapping},
    ReservedKey{"task_handler", ReservedKey::Kind::mapping},
};

constexpr std::array reserved_in_step{
    ReservedKey{"batch_config", ReservedKey::Kind::mapping},
    ReservedKey{"composition", ReservedKey::Kind::anything},
    ReservedKey{"result_schema", ReservedKey::Kind::mapping},
    ReservedKey{"system_dependency", ReservedKey::Kind::text},
};

const DocumentNode* find_reserved(FieldReader& fields, const ReservedKey& key) {
    switch (key.kind) {
        case ReservedKey::Kind::mapping: return fields.mapping({key.name});
        case ReservedKey::Kind::sequence: return fields.sequence({key.name});
        case ReservedKey::Kind::text:
            fields.text({key.name}, {.max_bytes = name_bytes});
            return fields.find({key.name});
        case ReservedKey::Kind::anything: return fields.find({key.name});
    }
    return nullptr;
}

std::string read_reserved(FieldReader& fields, std::span<const ReservedKey> keys) {
    auto kept = nlohmann::json::object();
    for (const auto& key : keys) {
        if (const auto* value = find_reserved(fields, key)) {
            kept[std::string(key.name)] = to_json(*value);
        }
    }
    return kept.dump();
}

// The value of a key that must be one of a few words; `words` lists them for people.
template <class Choice>
Choice read_choice(
    FieldReader& fields,
    std::string_view key,
    std::optional<Choice> (*parse)(std::string_view) noexcept,
    std::string_view words,
    Choice fallback
) {
    const auto text = fields.text({key}, {.max_bytes = name_bytes}, to_string(fallback));
    const auto choice = parse(text);
    if (!choice) {
        fields.report(
            fields.place_of(key),
            fmt::format("{} of {} must be {} but is '{}'", key, fields.owner(), words, text)
        );
    }
    return choice.value_or(fallback);
}

Lifecycle::Limit read_limit(FieldReader& fields, std::string_view key, IntegerRule rule) {
    const auto minutes = fields.integer({key}, rule, 0);
    return minutes == 0 ? Lifecycle::Limit() : std::chrono::minutes(minutes);
}

// x.y.z, each a decimal number without leading zeros.
bool is_version(std::string_view text) {
    constexpr std::size_t longest_part = 9;
    for (int part = 0; part < 3; ++part) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        const auto end = std::ranges::find_if_not(text, is_digit);
        const auto length = static_cast<std::size_t>(end - text.begin());
        if (length == 0 || length > longest_part || (length > 1 && text.front() == '0')) {
            return false;
        }
        text.remove_prefix(length);
        if (part < 2) {
            if (!text.starts_with('.')) {
                return false;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

class TemplateDecoder {
public:
    TemplateDecoder(const DocumentNode& document, std::string_view origin)
        : document_(document), problems_(std::string(origin)) {}

    Result<TaskTemplate> decode() {
        read_template();
        if (!problems_.found()) {
            check_graph();
        }
        if (problems_.found()) {
            return problems_.error();
        }
        return std::move(template_);
    }

private:
    // Where the graph's faults are to be shown.
    struct StepPlaces {
        Place name;
        std::vector<Place> dependencies;
    };

    void read_template() {
        FieldReader fields(document_, "template", problems_);
        template_.namespace_name = fields.text(
            {"namespace_name"},
            {.max_bytes = namespace_bytes, .shape = TextRule::Shape::lower_name, .required = true}
        );
        template_.name = fields.text({"name"}, required_name);
        template_.version =
            fields.text({"version"}, {.max_bytes = version_bytes, .required = true});
        if (!is_version(template_.version)) {
            fields.report(
                fields.place_of("version"),
                fmt::format(
                    "version of template must be x.y.z such as 1.0.0 but is '{}'", template_.version
                )
            );
        }
        template_.description = fields.text({"description"}, prose);
        template_.metadata_json = fields.object_text({"metadata"}, "{}");
        template_.input_schema_json = fields.object_text({"input_schema"}, "");
        template_.reserved_json = read_reserved(fields, reserved_in_template);
        template_.identity_strategy = read_choice(
            fields,
            "identity_strategy",
            parse_identity_strategy,
            "always_unique, strict or caller_provided",
            template_.identity_strategy
        );
        check_input_schema(fields);
        read_lifecycle(fields);
        read_steps(fields);
        fields.refuse_the_rest();
    }

    void check_input_schema(FieldReader& fields) {
        if (template_.input_schema_json.empty()) {
            return;
        }
        if (const auto valid = check_schema(template_.input_schema_json, "input_schema"); !valid) {
            fields.report(fields.place_of("input_schema"), valid.error().detail);
        }
    }

    void read_lifecycle(FieldReader& template_fields) {
        const auto* node = template_fields.mapping({"lifecycle"});
        if (node == nullptr) {
            return;
        }
        FieldReader fields(*node, "lifecycle of template", problems_);
        auto& lifecycle = template_.lifecycle;
        lifecycle.max_duration = read_limit(fields, "max_duration_minutes", duration_minutes);
        lifecycle.max_waiting_for_dependencies =
            read_limit(fields, "max_waiting_for_dependencies_minutes", waiting_minutes);
        lifecycle.max_waiting_for_retry =
            read_limit(fields, "max_waiting_for_retry_minutes", waiting_minutes);
        lifecycle.max_steps_in_process =
            read_limit(fields, "max_steps_in_process_minutes", waiting_minutes);
        lifecycle.staleness_action = read_choice(
            fields,
            "staleness_action",
            parse_staleness_action,
            "dlq, error or none",
            lifecycle.staleness_action
        );
        fields.refuse_the_rest();
    }

    void read_steps(FieldReader& fields) {
        const auto* steps = fields.sequence({"steps"});
        if (steps == nullptr || steps->items.empty()) {
            fields.report(
                fields.place_of("steps"), "steps of template must list at least one step"
            );
            return;
        }
        for (const auto& item : steps->items) {
            read_step(item);
            if (problems_.found()) {
                return;
            }
        }
    }

    void read_step(const DocumentNode& node) {
        FieldReader fields(node, step_owner(node), problems_);
        StepTemplate step;
        step.name = fields.text({"name"}, required_name);
        places_.push_back({fields.place_of("name"), {}});
        step.description = fields.text({"description"}, prose);
        refuse_other_types(fields);
        read_handler(fields, step);
        read_dependencies(fields, step);
        read_retry(fields, step);
        step.timeout =
            std::chrono::seconds(fields.integer({"timeout_seconds"}, timeout_seconds, 30));
        step.events = read_declarations(fields, problems_);
        step.max_runtime =
            std::chrono::seconds(fields.integer({"max_runtime_seconds"}, max_runtime_seconds, 0));
        step.reserved_json = read_reserved(fields, reserved_in_step);
        fields.refuse_the_rest();
        template_.steps.push_back(std::move(step));
    }

    // Named by its name, or by its number while it has none.
    std::string step_owner(const DocumentNode& node) const {
        const auto name = std::ranges::find(node.entries, "name", &DocumentEntry::key);
        return name != node.entries.end() && name->value.scalar.is_string()
                   ? fmt::format("step {}", describe(name->value))
                   : fmt::format("step number {}", template_.steps.size() + 1);
    }

    void refuse_other_types(FieldReader& fields) {
        constexpr std::string_view standard = "standard";
        const auto type = fields.text({"type", "step_type"}, {.max_bytes = name_bytes}, standard);
        if (type != standard) {
            fields.report(
                fields.place_of("type"),
                fmt::format(
                    "type of {} is '{}', but this version runs only steps of type 'standard'",
                    fields.owner(),
                    type
                )
            );
        }
    }

    void read_handler(FieldReader& step_fields, StepTemplate& step) {
        const auto* node = step_fields.mapping({"handler"});
        if (node == nullptr) {
            step_fields.report(
                places_.back().name,
                fmt::format("key 'handler' is missing in {}", step_fields.owner())
            );
            return;
        }
        FieldReader fields(*node, fmt::format("handler of {}", step_fields.owner()), problems_);
        step.callable = fields.text({"callable"}, {.max_bytes = callable_bytes, .required = true});
        if (auto method = fields.text({"method"}, {.max_bytes = name_bytes}); !method.empty()) {
            step.method = std::move(method);
        }
        step.resolver = fields.text({"resolver"}, {.max_bytes = name_bytes});
        step.initialization_json = fields.object_text({"initialization"}, "{}");
        fields.refuse_the_rest();
    }

    void read_dependencies(FieldReader& fields, StepTemplate& step) {
        const auto* list = fields.sequence({"dependencies", "depends_on"});
        if (list == nullptr) {
            return;
        }
        for (const auto& item : list->items) {
            if (!item.scalar.is_string()) {
                fields.report(
                    item.place,
                    fmt::format(
                        "dependencies of {} must list names of steps but has {}",
                        fields.owner(),
                        describe(item)
                    )
                );
                return;
            }
            step.dependencies.push_back(item.scalar.get<std::string>());
            places_.back().dependencies.push_back(item.place);
        }
    }

    void read_retry(FieldReader& step_fields, StepTemplate& step) {
        const auto* node = step_fields.mapping({"retry"});
        if (node == nullptr) {
            return;
        }
        FieldReader fields(*node, fmt::format("retry of {}", step_fields.owner()), problems_);
        auto& retry = step.retry;
        retry.retryable = fields.boolean({"retryable"}, retry.retryable);
        retry.max_attempts =
            fields.integer({"max_attempts", "limit"}, attempts, retry.max_attempts);
        read_non_retryable(fields, retry.non_retryable);
        read_backoff(fields, retry);
        fields.refuse_the_rest();
    }

    // Sorted, because their order means nothing.
    static void read_non_retryable(FieldReader& fields, std::vector<std::string>& failures) {
        constexpr TextRule rule{.max_bytes = name_bytes, .required = true};
        const auto* list = fields.sequence({"non_retryable"});
        if (list == nullptr) {
            return;
        }
        if (list->items.size() > non_retryable_max) {
            fields.report(
                list->place,
                fmt::format(
                    "non_retryable of {} must list at most {} failures but lists {}",
                    fields.owner(),
                    non_retryable_max,
                    list->items.size()
                )
            );
            return;
        }
        for (const auto& item : list->items) {
            auto failure = fields.checked(item, "each entry of non_retryable", rule);
            if (std::ranges::find(failures, failure) != failures.end()) {
                fields.report(
                    item.place,
                    fmt::format("non_retryable of {} lists '{}' twice", fields.owner(), failure)
                );
            }
            failures.push_back(std::move(failure));
        }
        std::ranges::sort(failures);
    }

    static void read_backoff(FieldReader& fields, RetryPolicy& retry) {
        retry.backoff = read_choice(
            fields,
            "backoff",
            parse_backoff,
            "none, linear, exponential or fibonacci",
            retry.backoff
        );
        const auto base = fields.integer({"backoff_base_ms"}, backoff_base_ms, 1'000);
        const auto most = fields.integer({"max_backoff_ms"}, max_backoff_ms, 30'000);
        retry.backoff_base = std::chrono::milliseconds(base);
        retry.max_backoff = std::chrono::milliseconds(most);
        if (most < base) {
            fields.report(
                fields.place_of("backoff_base_ms"),
                fmt::format(
                    "backoff_base_ms {} of {} is above its max_backoff_ms {}, raise the latter",
                    base,
                    fields.owner(),
                    most
                )
            );
        }
    }

    void check_graph() {
        std::vector<GraphStep> steps;
        steps.reserve(template_.steps.size());
        for (const auto& step : template_.steps) {
            steps.push_back({step.name, step.dependencies});
        }
        const auto graph = StepGraph::build(steps);
        if (graph.has_value()) {
            return;
        }
        const auto& fault = graph.error();
        const auto& places = places_[std::min(fault.step, places_.size() - 1)];
        problems_.report(
            fault.dependency ? places.dependencies[*fault.dependency] : places.name, fault.detail
        );
    }

    static constexpr TextRule required_name{
        .max_bytes = name_bytes,
        .shape = TextRule::Shape::name,
        .required = true
    };
    static constexpr TextRule prose{.max_bytes = prose_bytes, .shape = TextRule::Shape::prose};

    const DocumentNode& document_;
    FirstProblem problems_;
    TaskTemplate template_;
    std::vector<StepPlaces> places_;
};

}  // namespace

Result<TaskTemplate> decode_template(const DocumentNode& document, std::string_view origin) {
    return TemplateDecoder(document, origin).decode();
}

}  // namespace tenon
