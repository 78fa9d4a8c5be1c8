#include "database/repositories/task_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/tasks.hpp"

#include <pqxx/pqxx>

namespace tenon::database {
namespace {

std::optional<std::string> text_of(const std::optional<CorrelationId>& id) {
    return id ? std::optional(id->to_string()) : std::nullopt;
}

const char* or_null(const std::optional<std::string>& text) {
    return text ? text->c_str() : nullptr;
}

const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

/// How a task is now that an earlier request made.
TaskState state_of(pqxx::transaction_base& work, const char* task_uuid) {
    const auto rows = work.exec_params(std::string(sql::tasks::state), task_uuid);
    const auto state = rows.empty() ? std::nullopt : parse_task_state(rows[0][0].c_str());
    return state.value_or(TaskState::steps_in_process);
}

}  // namespace

TaskReceipt TaskRepository::submit(const TaskRequest& request) {
    const auto tags = request.tags.empty() ? std::string() : array_literal(request.tags);
    const auto correlation = text_of(request.correlation_id);
    const auto parent = text_of(request.parent_correlation_id);
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::tasks::submit),
            request.namespace_name,
            request.name,
            request.context_json,
            or_null(request.version),
            request.priority,
            request.initiator,
            request.source_system,
            or_null(request.reason),
            or_null(tags),
            or_null(correlation),
            or_null(parent),
            or_null(request.idempotency_key)
        );
        TaskReceipt submitted{.task = TaskId::parse(row[0].c_str()), .created = row[1].as<bool>()};
        if (!submitted.created) {
            submitted.state = state_of(work, row[0].c_str());
        }
        return submitted;
    });
}

std::optional<std::string> TaskRepository::document(TaskId task) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(std::string(sql::tasks::document), task.to_string());
        return row[0].is_null() ? std::nullopt : std::optional(std::string(row[0].c_str()));
    });
}

}  // namespace tenon::database
