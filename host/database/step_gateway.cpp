#include "database/step_gateway.hpp"

#include "database/binary/binary_format.hpp"
#include "foundation/error.hpp"
#include "foundation/json_text.hpp"
#include "sql/hosts.hpp"
#include "sql/steps.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tenon::database {
namespace {

using binary::ArrayWriter;

enum Column : int { kind, task_uuid, step_no, ref_no, attempt, template_id, correlation_id, body };

std::string failure_json(const StepFailure& failure) {
    std::string out = R"({"message":)" + json_quote(failure.message);
    out += R"(,"error_type":)" + json_quote(failure.error_type);
    out += R"(,"error_code":)" + json_quote(failure.error_code);
    if (failure.retryable) {
        out += *failure.retryable ? R"(,"retryable":true)" : R"(,"retryable":false)";
    }
    if (failure.retry_after) {
        out += R"(,"retry_after_ms":)" + std::to_string(failure.retry_after->count());
    }
    if (!failure.context_json.empty()) {
        out += R"(,"context":)" + failure.context_json;
    }
    return out + '}';
}

// What gives a step back, see tenon.advance.
constexpr std::string_view moved_yield = R"({"yield":true})";
constexpr std::string_view stalled_yield = R"({"yield":true,"stalled":true})";
constexpr std::string_view stopped_with_host = R"({"yield":false})";
constexpr std::string_view stopped_for_reload = R"({"yield":false,"reload":true})";

/// The parallel arrays that describe finished attempts, parameters $2 to $7 of advance.
void append_settled(std::vector<BinaryParameter>& out, std::span<const SettledStep> settled) {
    const auto size = settled.size();
    ArrayWriter tasks(binary::uuid_array, binary::uuid, size);
    ArrayWriter steps(binary::int4_array, binary::int4, size);
    ArrayWriter attempts(binary::int4_array, binary::int4, size);
    ArrayWriter times(binary::int8_array, binary::int8, size);
    ArrayWriter results(binary::json_array, binary::json, size);
    ArrayWriter failures(binary::json_array, binary::json, size);
    for (const auto& step : settled) {
        tasks.add_uuid(step.task.value());
        steps.add_int4(step.step_no);
        attempts.add_int4(step.attempt);
        times.add_int8(step.execution_time.count());
        if (const auto* result = std::get_if<std::string>(&step.outcome)) {
            results.add_bytes(*result);
        } else {
            results.add_null();
        }
        if (const auto* failure = std::get_if<StepFailure>(&step.outcome)) {
            failures.add_bytes(failure_json(*failure));
        } else if (const auto* yielded = std::get_if<Yielded>(&step.outcome)) {
            failures.add_bytes(yielded->stalled ? stalled_yield : moved_yield);
        } else if (const auto* back = std::get_if<GivenBack>(&step.outcome);
                   back != nullptr && back->reason != GivenBack::Reason::unstarted) {
            failures.add_bytes(
                back->reason == GivenBack::Reason::reload ? stopped_for_reload : stopped_with_host
            );
        } else {
            failures.add_null();
        }
    }
    for (auto* array : {&tasks, &steps, &attempts, &times, &results, &failures}) {
        out.push_back(std::move(*array).take());
    }
}

/// What handlers want said, or null where none of them says anything.
BinaryParameter events_parameter(std::span<const SettledStep> settled) {
    std::string json;
    for (const auto& step : settled) {
        if (!step.events_json.empty()) {
            json += json.empty() ? '[' : ',';
            json += R"({"task_uuid":")" + step.task.to_string();
            json += R"(","step_no":)" + std::to_string(step.step_no);
            json += R"(,"events":)" + step.events_json + '}';
        }
    }
    if (json.empty()) {
        return {.type = binary::json, .bytes = {}, .null = true};
    }
    return {.type = binary::json, .bytes = std::move(json) + ']'};
}

/// Which build ran each attempt.
BinaryParameter generations_parameter(std::span<const SettledStep> settled) {
    ArrayWriter generations(binary::int4_array, binary::int4, settled.size());
    for (const auto& step : settled) {
        step.generation == 0 ? generations.add_null() : generations.add_int4(step.generation);
    }
    return std::move(generations).take();
}

BinaryParameter templates_parameter(std::span<const TemplateId> templates) {
    ArrayWriter ids(binary::int4_array, binary::int4, templates.size());
    for (const auto id : templates) {
        ids.add_int4(static_cast<std::int32_t>(id));
    }
    return std::move(ids).take();
}

BinaryParameter text_parameter(std::string text) {
    return {.type = binary::text, .bytes = std::move(text)};
}

BinaryParameter text_or_null(std::string text) {
    const bool null = text.empty();
    return {.type = binary::text, .bytes = std::move(text), .null = null};
}

BinaryParameter tags_parameter(const std::vector<std::string>& tags) {
    if (tags.empty()) {
        return {.type = binary::text_array, .bytes = {}, .null = true};
    }
    ArrayWriter list(binary::text_array, binary::text, tags.size());
    for (const auto& tag : tags) {
        list.add_bytes(tag);
    }
    return std::move(list).take();
}

/// Turns the rows of advance into a reply.
class ReplyReader {
public:
    explicit ReplyReader(const BinaryRows& rows) : rows_(rows) {}

    AdvanceReply read() && {
        for (row_ = 0; row_ < rows_.size(); ++row_) {
            read_row();
        }
        return std::move(reply_);
    }

private:
    void read_row() {
        switch (rows_.bytes(row_, kind).front()) {
            case 's': reply_.claimed.push_back(read_claim()); break;
            case 'c': reply_.ended.push_back(read_claim()); break;
            case 'd': read_dependency(); break;
            case 'k': read_checkpoint(); break;
            case 'f': reply_.finished.push_back({task(), text()}); break;
            case 'r': reply_.refused_results.push_back(step_id(task(), number())); break;
            case 'q': reply_.fed_namespaces.push_back(text()); break;
            case 'w': read_retry(); break;
            case 'n': reply_.unclaimed.push_back({step_id(task(), number()), text()}); break;
            case 'v': read_event(); break;
            case 'j': read_rejection(); break;
            case 't': read_receipt(); break;
            case 'o': reply_.queued_results += static_cast<std::int32_t>(digits()); break;
            default: break;
        }
    }

    void read_receipt() {
        const bool created = binary::get_int32(rows_.bytes(row_, attempt)) > 0;
        const auto state =
            rows_.is_null(row_, body) ? std::nullopt : parse_task_state(rows_.bytes(row_, body));
        reply_.submitted = {
            .task = task(), .created = created, .state = state.value_or(TaskState::steps_in_process)
        };
    }

    void read_event() {
        if (auto event = parse_published(rows_.bytes(row_, body))) {
            reply_.events.push_back(*std::move(event));
        }
    }

    void read_rejection() {
        reply_.rejected_events.push_back(
            "step " + step_id(task(), number()).to_string() + " did not publish " + text()
        );
    }

    ClaimedStep read_claim() const {
        ClaimedStep claim;
        claim.task = task();
        claim.step_no = number();
        claim.attempt = binary::get_int32(rows_.bytes(row_, attempt));
        claim.template_id = TemplateId{binary::get_int32(rows_.bytes(row_, template_id))};
        claim.correlation = CorrelationId(binary::get_uuid(rows_.bytes(row_, correlation_id)));
        claim.context_json = text();
        return claim;
    }

    void read_dependency() {
        if (auto* claim = claim_of_row()) {
            claim->dependencies.push_back({static_cast<StepNo>(reference()), text()});
        }
    }

    void read_checkpoint() {
        auto* claim = claim_of_row();
        if (claim == nullptr) {
            return;
        }
        claim->yields = reference();
        claim->stalls = binary::get_int32(rows_.bytes(row_, attempt));
        if (!rows_.is_null(row_, body)) {
            claim->checkpoint_json = text();
        }
    }

    /// The claim that the row belongs to; null for one that is not to be run. What belongs to
    /// claims follows them and mostly comes in their order: search on from the last one.
    ClaimedStep* claim_of_row() {
        const auto wanted_task = task();
        const auto wanted_step = number();
        const auto size = reply_.claimed.size();
        for (std::size_t i = 0; i < size; ++i) {
            auto& candidate = reply_.claimed[(cursor_ + i) % size];
            if (candidate.task == wanted_task && candidate.step_no == wanted_step) {
                cursor_ = (cursor_ + i) % size;
                return &candidate;
            }
        }
        return nullptr;
    }

    std::int32_t reference() const { return binary::get_int32(rows_.bytes(row_, ref_no)); }

    void read_retry() {
        const std::chrono::milliseconds delay(std::max<std::int64_t>(digits(), 0));
        reply_.retry_in = std::min(reply_.retry_in.value_or(delay), delay);
    }

    TaskId task() const { return TaskId(binary::get_uuid(rows_.bytes(row_, task_uuid))); }

    StepNo number() const {
        return static_cast<StepNo>(binary::get_int32(rows_.bytes(row_, step_no)));
    }

    std::int64_t digits() const {
        const auto written = rows_.bytes(row_, body);
        std::int64_t number = 0;
        std::from_chars(written.data(), written.data() + written.size(), number);
        return number;
    }

    std::string text() const { return std::string(rows_.bytes(row_, body)); }

    const BinaryRows& rows_;
    AdvanceReply reply_;
    int row_ = 0;
    std::size_t cursor_ = 0;
};

}  // namespace

StepGateway::StepGateway(const Options& options, HostId host_id)
    : host_id_(host_id), connection_(options.conninfo, options.application_name, session_settings) {
    const std::array<unsigned, 1> join_types{binary::int4};
    connection_.prepare("join", sql::hosts::join_host, join_types);
    const std::array join{binary::int4_parameter(static_cast<std::int32_t>(host_id))};
    if (connection_.execute("join", join).bytes(0, 0) != std::string_view("\1", 1)) {
        throw Exception({ErrorCode::conflict, "this host was declared lost and must register anew"}
        );
    }
    const std::array<unsigned, 13> advance_types{
        binary::int4,
        binary::uuid_array,
        binary::int4_array,
        binary::int4_array,
        binary::int8_array,
        binary::json_array,
        binary::json_array,
        binary::text_array,
        binary::int4_array,
        binary::int4,
        binary::json,
        binary::json,
        binary::int4_array,
    };
    const bool direct = options.profile == DispatchProfile::direct;
    connection_.prepare(
        "advance", direct ? sql::steps::advance : sql::steps::submit_results, advance_types
    );
}

AdvanceReply StepGateway::advance(const AdvanceRequest& request) {
    std::vector<BinaryParameter> parameters;
    parameters.reserve(13);
    parameters.push_back(binary::int4_parameter(static_cast<std::int32_t>(host_id_)));
    append_settled(parameters, request.settled);

    ArrayWriter queues(binary::text_array, binary::text, request.queues.size());
    for (const auto& queue : request.queues) {
        queues.add_bytes(queue);
    }
    parameters.push_back(std::move(queues).take());
    parameters.push_back(templates_parameter(request.refused));
    parameters.push_back(binary::int4_parameter(request.want));
    parameters.push_back(events_parameter(request.settled));
    const auto& limits = request.limits_json;
    parameters.push_back(
        {.type = binary::json, .bytes = std::string(limits), .null = limits.empty()}
    );
    parameters.push_back(generations_parameter(request.settled));
    return ReplyReader(connection_.execute("advance", parameters)).read();
}

AdvanceReply StepGateway::claim(const NamedClaimRequest& request) {
    const std::array<unsigned, 7> types{
        binary::int4,
        binary::uuid_array,
        binary::int4_array,
        binary::uuid_array,
        binary::text,
        binary::int8_array,
        binary::int4,
    };
    if (!claims_by_name_) {
        connection_.prepare("claim_named", sql::steps::claim_named, types);
        claims_by_name_ = true;
    }
    const auto size = request.steps.size();
    ArrayWriter tasks(binary::uuid_array, binary::uuid, size);
    ArrayWriter steps(binary::int4_array, binary::int4, size);
    ArrayWriter correlations(binary::uuid_array, binary::uuid, size);
    ArrayWriter messages(binary::int8_array, binary::int8, size);
    for (const auto& step : request.steps) {
        tasks.add_uuid(step.task.value());
        steps.add_int4(step.step_no);
        step.correlation ? correlations.add_uuid(step.correlation->value())
                         : correlations.add_null();
        step.message ? messages.add_int8(*step.message) : messages.add_null();
    }
    const std::array parameters{
        binary::int4_parameter(static_cast<std::int32_t>(host_id_)),
        std::move(tasks).take(),
        std::move(steps).take(),
        std::move(correlations).take(),
        BinaryParameter{binary::text, std::string(request.queue)},
        std::move(messages).take(),
        binary::int4_parameter(request.want),
    };
    return ReplyReader(connection_.execute("claim_named", parameters)).read();
}

AdvanceReply StepGateway::submit(const StartRequest& request) {
    if (!submits_) {
        const std::array<unsigned, 15> types{
            binary::int4,
            binary::int4,
            binary::int4_array,
            binary::text,
            binary::text,
            binary::json,
            binary::text,
            binary::int4,
            binary::text,
            binary::text,
            binary::text,
            binary::text_array,
            binary::text,
            binary::text,
            binary::text,
        };
        connection_.prepare("submit", sql::steps::submit_and_start, types);
        submits_ = true;
    }
    const auto& task = request.task;
    const std::array parameters{
        binary::int4_parameter(static_cast<std::int32_t>(host_id_)),
        binary::int4_parameter(request.want),
        templates_parameter(request.refused),
        text_parameter(task.namespace_name),
        text_parameter(task.name),
        BinaryParameter{binary::json, task.context_json},
        text_or_null(task.version),
        binary::int4_parameter(task.priority),
        text_parameter(task.initiator),
        text_parameter(task.source_system),
        text_or_null(task.reason),
        tags_parameter(task.tags),
        text_or_null(task.correlation_id ? task.correlation_id->to_string() : ""),
        text_or_null(task.parent_correlation_id ? task.parent_correlation_id->to_string() : ""),
        text_or_null(task.idempotency_key),
    };
    return ReplyReader(connection_.execute("submit", parameters)).read();
}

AdvanceReply StepGateway::recover(std::span<const StepId> known, int lost_backend_pid) {
    const std::array<unsigned, 3> types{binary::int4, binary::uuid_array, binary::int4};
    connection_.prepare("recover", sql::steps::recover_claims, types);
    ArrayWriter ids(binary::uuid_array, binary::uuid, known.size());
    for (const auto& id : known) {
        ids.add_uuid(id.value());
    }
    const std::array parameters{
        binary::int4_parameter(static_cast<std::int32_t>(host_id_)),
        std::move(ids).take(),
        binary::int4_parameter(lost_backend_pid),
    };
    return ReplyReader(connection_.execute("recover", parameters)).read();
}

}  // namespace tenon::database
