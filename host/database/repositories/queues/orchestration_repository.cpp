#include "database/repositories/queues/orchestration_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "foundation/json_text.hpp"
#include "sql/maintenance.hpp"
#include "sql/orchestration.hpp"
#include "sql/queues.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <string_view>

namespace tenon::database {
namespace {

constexpr std::int32_t archive_batch = 1000;
constexpr std::string_view results_queue = "orchestration_step_results";
constexpr std::string_view finalizations_queue = "orchestration_task_finalizations";

std::int32_t number(HostId host) {
    return static_cast<std::int32_t>(host);
}

/// Writes the members of one JSON object.
class ObjectText {
public:
    void add(std::string_view name, std::string_view json) {
        text_ += text_.size() > 1 ? ",\"" : "\"";
        text_ += name;
        text_ += "\":";
        text_ += json;
    }

    void add_text(std::string_view name, const std::string& value) {
        if (!value.empty()) {
            add(name, json_quote(value));
        }
    }

    std::string close() const { return text_ + '}'; }

private:
    std::string text_ = "{";
};

std::string tags_json(const std::vector<std::string>& tags) {
    std::string json = "[";
    for (const auto& tag : tags) {
        json += (json.size() > 1 ? "," : "") + json_quote(tag);
    }
    return json + ']';
}

/// The request without its context, which travels as text of its own.
std::string request_json(const TaskRequest& request) {
    ObjectText object;
    object.add_text("namespace", request.namespace_name);
    object.add_text("name", request.name);
    object.add_text("version", request.version);
    object.add("priority", std::to_string(request.priority));
    object.add_text("initiator", request.initiator);
    object.add_text("source_system", request.source_system);
    object.add_text("reason", request.reason);
    if (!request.tags.empty()) {
        object.add("tags", tags_json(request.tags));
    }
    if (request.correlation_id) {
        object.add_text("correlation_id", request.correlation_id->to_string());
    }
    if (request.parent_correlation_id) {
        object.add_text("parent_correlation_id", request.parent_correlation_id->to_string());
    }
    object.add_text("idempotency_key", request.idempotency_key);
    return object.close();
}

std::string rejection(const pqxx::row& row, const std::string& body) {
    const auto step =
        step_id(TaskId::parse(row[1].c_str()), static_cast<StepNo>(row[2].as<std::int32_t>()));
    return "step " + step.to_string() + " did not publish " + body;
}

OrchestrationRepository::ResultEffects effects_of(const pqxx::result& rows) {
    OrchestrationRepository::ResultEffects effects;
    for (const auto& row : rows) {
        const std::string body = row[3].is_null() ? "" : row[3].c_str();
        switch (row[0].c_str()[0]) {
            case 'q': effects.fed.push_back(body); break;
            case 'w': {
                const std::chrono::milliseconds delay(std::stoll(body));
                effects.retry_in = std::min(effects.retry_in.value_or(delay), delay);
                break;
            }
            case 'z': ++effects.finalizations; break;
            case 'x': effects.archived.push_back(body); break;
            case 'r': ++effects.stale; break;
            case 'v':
                if (auto event = parse_published(body)) {
                    effects.events.push_back(*std::move(event));
                }
                break;
            case 'j': effects.rejected_events.push_back(rejection(row, body)); break;
            default: break;
        }
    }
    return effects;
}

OrchestrationRepository::FinalizationEffects endings_of(const pqxx::result& rows) {
    OrchestrationRepository::FinalizationEffects effects;
    for (const auto& row : rows) {
        const std::string body = row[2].is_null() ? "" : row[2].c_str();
        if (row[0].c_str()[0] == 'f') {
            effects.ended.push_back({.task = TaskId::parse(row[1].c_str()), .state = body});
        } else if (row[0].c_str()[0] == 'x') {
            effects.archived.push_back(body);
        }
    }
    return effects;
}

pqxx::result process(
    pqxx::transaction_base& work,
    HostId host,
    const OrchestrationRepository::StepResults& results
) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> tasks;
    std::vector<std::int64_t> step_nos;
    std::vector<std::string> outcomes;
    for (const auto& [id, result] : results) {
        ids.push_back(id);
        tasks.push_back(result.task.to_string());
        step_nos.push_back(result.step_no);
        outcomes.push_back(result.outcome_json);
    }
    return work.exec_params(
        std::string(sql::orchestration::process_step_results),
        number(host),
        array_literal(ids),
        array_literal(tasks),
        array_literal(step_nos),
        sparse_array_literal(outcomes)
    );
}

pqxx::result process(
    pqxx::transaction_base& work,
    HostId host,
    const OrchestrationRepository::Finalizations& finalizations
) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> tasks;
    for (const auto& [id, task] : finalizations) {
        ids.push_back(id);
        tasks.push_back(task.to_string());
    }
    return work.exec_params(
        std::string(sql::orchestration::process_finalizations),
        number(host),
        array_literal(ids),
        array_literal(tasks)
    );
}

std::int64_t send(
    pqxx::transaction_base& work,
    std::string_view queue,
    const std::string& message
) {
    return work.exec_params1(std::string(sql::queues::send), std::string(queue), message)[0]
        .as<std::int64_t>();
}

/// What the archive would show of a result that was given directly.
std::string message_of(const StepResult& result) {
    ObjectText object;
    object.add_text("task_uuid", result.task.to_string());
    object.add_text("step_uuid", step_id(result.task, result.step_no).to_string());
    auto text = object.close();
    if (result.outcome_json.size() > 2) {
        text.pop_back();
        text += ',' + result.outcome_json.substr(result.outcome_json.find('{') + 1);
    }
    return text;
}

}  // namespace

std::vector<OrchestrationRepository::RequestOutcome> OrchestrationRepository::process_task_requests(
    HostId host,
    const TaskRequests& requests
) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> documents;
    std::vector<std::string> contexts;
    for (const auto& [id, request] : requests) {
        ids.push_back(id);
        documents.push_back(request_json(request));
        contexts.push_back(request.context_json);
    }
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<RequestOutcome> outcomes;
        for (const auto& row : work.exec_params(
                 std::string(sql::orchestration::process_task_requests),
                 number(host),
                 array_literal(ids),
                 array_literal(documents),
                 array_literal(contexts)
             )) {
            RequestOutcome outcome{
                .message = row[0].as<std::int64_t>(),
                .receipt = std::nullopt,
                .namespace_name = row[3].is_null() ? "" : row[3].c_str(),
                .refusal = row[4].is_null() ? "" : row[4].c_str()
            };
            if (!row[1].is_null()) {
                outcome.receipt = TaskReceipt{
                    .task = TaskId::parse(row[1].c_str()), .created = row[2].as<bool>()
                };
            }
            outcomes.push_back(std::move(outcome));
        }
        return outcomes;
    });
}

OrchestrationRepository::ResultEffects OrchestrationRepository::process_step_results(
    HostId host,
    const StepResults& results
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return effects_of(process(work, host, results));
    });
}

OrchestrationRepository::FinalizationEffects OrchestrationRepository::process_finalizations(
    HostId host,
    const Finalizations& tasks
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return endings_of(process(work, host, tasks));
    });
}

OrchestrationRepository::ResultEffects OrchestrationRepository::process_step_result(
    HostId host,
    const StepResult& result
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::work work(session);
        const auto message = send(work, results_queue, message_of(result));
        auto effects = effects_of(process(work, host, StepResults{{message, result}}));
        work.commit();
        return effects;
    });
}

OrchestrationRepository::FinalizationEffects OrchestrationRepository::process_finalization(
    HostId host,
    TaskId task
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::work work(session);
        const auto text = R"({"task_uuid":")" + task.to_string() + "\"}";
        const auto message = send(work, finalizations_queue, text);
        auto effects = endings_of(process(work, host, Finalizations{{message, task}}));
        work.commit();
        return effects;
    });
}

std::vector<std::string> OrchestrationRepository::resume_stale(HostId host) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<std::string> namespaces;
        for (const auto& row :
             work.exec_params(std::string(sql::orchestration::resume_stale), number(host))) {
            namespaces.emplace_back(row[0].c_str());
        }
        return namespaces;
    });
}

OrchestrationRepository::Archived OrchestrationRepository::archive_tasks(
    const std::optional<std::string>& after,
    std::chrono::seconds settled_for
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::maintenance::archive_tasks),
            after ? after->c_str() : nullptr,
            archive_batch,
            std::to_string(settled_for.count()) + " s"
        );
        return Archived{
            .last = row[0].is_null() ? std::nullopt : std::optional<std::string>(row[0].c_str()),
            .moved = row[1].as<std::int64_t>(0)
        };
    });
}

std::string OrchestrationRepository::maintain(std::chrono::hours keep, std::chrono::hours period) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::maintenance::maintain),
            std::to_string(keep.count()) + " hours",
            std::to_string(period.count()) + " hours"
        );
        return std::string(row[0].is_null() ? "{}" : row[0].c_str());
    });
}

}  // namespace tenon::database
