#include "domain/template/compiled_template.hpp"

#include "domain/template/template_definition.hpp"
#include "foundation/json_text.hpp"
#include "foundation/sha256.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <span>
#include <utility>

namespace tenon {
namespace {

StepGraph graph_of(const TaskTemplate& source) {
    std::vector<GraphStep> steps;
    steps.reserve(source.steps.size());
    for (const auto& step : source.steps) {
        steps.push_back({step.name, step.dependencies});
    }
    return StepGraph::build(steps).value();
}

std::string numbers_json(std::span<const StepNo> numbers) {
    return fmt::format("[{}]", fmt::join(numbers, ","));
}

std::string texts_json(std::span<const std::string> texts) {
    std::vector<std::string> quoted(texts.size());
    std::ranges::transform(texts, quoted.begin(), json_quote);
    return fmt::format("[{}]", fmt::join(quoted, ","));
}

std::string events_json(std::span<const EventDeclaration> events) {
    std::vector<std::string> objects;
    objects.reserve(events.size());
    for (const auto& event : events) {
        objects.push_back(fmt::format(
            R"({{"name":{},"delivery_mode":"{}","condition":"{}","schema":{}}})",
            json_quote(event.name),
            to_string(event.delivery_mode),
            to_string(event.condition),
            event.schema_json.empty() ? "null" : event.schema_json
        ));
    }
    return fmt::format("[{}]", fmt::join(objects, ","));
}

// One step as the registration wants it: names resolved to numbers, defaults written out.
std::string step_json(const CompiledTemplate& compiled, StepNo number) {
    const auto& step = compiled.step(number);
    const auto& graph = compiled.graph();
    const auto timeout = std::chrono::milliseconds(step.timeout);
    return fmt::format(
        R"({{"step_no":{},"name":{},"callable":{},"method":{},"initialization":{},)"
        R"("dependencies":{},"successors":{},"ancestors":{},"level":{},"retryable":{},)"
        R"("max_attempts":{},"backoff":"{}","backoff_base_ms":{},"max_backoff_ms":{},)"
        R"("non_retryable":{},"timeout_ms":{},"events":{}}})",
        number,
        json_quote(step.name),
        json_quote(step.callable),
        json_quote(step.method),
        step.initialization_json,
        numbers_json(graph.dependencies(number)),
        numbers_json(graph.successors(number)),
        numbers_json(graph.ancestors(number)),
        graph.level(number),
        step.retry.retryable,
        step.retry.max_attempts,
        to_string(step.retry.backoff),
        step.retry.backoff_base.count(),
        step.retry.max_backoff.count(),
        texts_json(step.retry.non_retryable),
        timeout.count(),
        events_json(step.events)
    );
}

}  // namespace

CompiledTemplate::CompiledTemplate(TaskTemplate source)
    : source_(std::move(source)),
      graph_(graph_of(source_)),
      definition_json_(tenon::definition_json(source_).value()),
      content_hash_(sha256_hex(definition_json_)) {
    for (std::size_t number = 1; number <= graph_.size(); ++number) {
        by_name_.push_back(static_cast<StepNo>(number));
    }
    std::ranges::sort(by_name_, {}, [this](StepNo number) -> std::string_view {
        return step(number).name;
    });
}

std::optional<StepNo> CompiledTemplate::find(std::string_view step_name) const {
    const auto name_of = [this](StepNo number) -> std::string_view { return step(number).name; };
    const auto found = std::ranges::lower_bound(by_name_, step_name, {}, name_of);
    return found != by_name_.end() && name_of(*found) == step_name ? std::optional(*found)
                                                                   : std::nullopt;
}

Result<CompiledTemplate> compile(TaskTemplate source) {
    const auto origin =
        fmt::format("template {}/{}@{}", source.namespace_name, source.name, source.version);
    auto given = definition_json(source);
    if (!given) {
        return Error{given.error().code, fmt::format("{}: {}", origin, given.error().detail)};
    }
    // Read back, so that a template made by hand passes the checks that a file passes, and its JSON
    // is in the one form that the hash is taken of.
    auto canonical = parse_definition(*given, origin);
    if (!canonical) {
        return canonical.error();
    }
    return CompiledTemplate(std::move(*canonical));
}

Result<CompiledTemplate> template_from_definition(std::string_view definition_json) {
    auto source = parse_definition(definition_json, "stored template");
    if (!source) {
        return source.error();
    }
    return CompiledTemplate(std::move(*source));
}

std::string registration_json(const CompiledTemplate& compiled) {
    const auto& source = compiled.source();
    auto text = fmt::format(
        R"({{"namespace":{},"name":{},"version":{},"description":{},"content_hash":"{}",)"
        R"("definition":{},"input_schema":{},"identity_strategy":"{}","lifecycle":{},"steps":[)",
        json_quote(source.namespace_name),
        json_quote(source.name),
        json_quote(source.version),
        json_quote(source.description),
        compiled.content_hash(),
        compiled.definition_json(),
        source.input_schema_json.empty() ? "null" : source.input_schema_json,
        to_string(source.identity_strategy),
        lifecycle_json(source.lifecycle)
    );
    for (std::size_t number = 1; number <= compiled.step_count(); ++number) {
        text += number == 1 ? "" : ",";
        text += step_json(compiled, static_cast<StepNo>(number));
    }
    text += "]}";
    return text;
}

}  // namespace tenon
