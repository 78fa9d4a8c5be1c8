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

}  // namespace

TaskId TaskRepository::submit(const TaskRequest& request) {
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
            or_null(parent)
        );
        return TaskId::parse(row[0].c_str());
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
