#include "database/repositories/task_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/tasks.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <tuple>

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

/// True when one call can submit both.
bool belong_together(const TaskRequest& a, const TaskRequest& b) {
    const auto shared = [](const TaskRequest& r) {
        return std::tie(
            r.namespace_name,
            r.name,
            r.version,
            r.initiator,
            r.source_system,
            r.reason,
            r.priority,
            r.tags,
            r.correlation_id,
            r.parent_correlation_id
        );
    };
    return shared(a) == shared(b);
}

/// Positions of requests that belong together, set by set in the order of their first ones.
std::vector<std::vector<std::size_t>> sets_of(const std::vector<TaskRequest>& requests) {
    std::vector<std::vector<std::size_t>> sets;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto set = std::ranges::find_if(sets, [&](const auto& positions) {
            return belong_together(requests[positions.front()], requests[i]);
        });
        (set == sets.end() ? sets.emplace_back() : *set).push_back(i);
    }
    return sets;
}

/// Submits the requests at `positions`, which belong together, and notes what came of each.
void submit_set(
    pqxx::transaction_base& work,
    const std::vector<TaskRequest>& requests,
    const std::vector<std::size_t>& positions,
    std::vector<TaskReceipt>& receipts
) {
    const auto& first = requests[positions.front()];
    std::vector<std::string> contexts;
    std::vector<std::string> keys;
    bool any_key = false;
    for (const auto position : positions) {
        contexts.push_back(requests[position].context_json);
        keys.push_back(requests[position].idempotency_key);
        any_key |= !keys.back().empty();
    }
    const auto tags = first.tags.empty() ? std::string() : array_literal(first.tags);
    const auto key_list = any_key ? array_literal(keys) : std::string();
    const auto correlation = text_of(first.correlation_id);
    const auto parent = text_of(first.parent_correlation_id);
    const auto rows = work.exec_params(
        std::string(sql::tasks::submit_all),
        first.namespace_name,
        first.name,
        array_literal(contexts),
        or_null(first.version),
        first.priority,
        first.initiator,
        first.source_system,
        or_null(first.reason),
        or_null(tags),
        or_null(correlation),
        or_null(parent),
        or_null(key_list)
    );
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const auto row = rows[static_cast<pqxx::result::size_type>(i)];
        receipts[positions[i]] = {
            .task = TaskId::parse(row[0].c_str()), .created = row[1].as<bool>()
        };
    }
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

std::vector<TaskReceipt> TaskRepository::submit_all(const std::vector<TaskRequest>& requests) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::work work(session);
        std::vector<TaskReceipt> receipts(requests.size());
        for (const auto& positions : sets_of(requests)) {
            submit_set(work, requests, positions, receipts);
        }
        for (auto& receipt : receipts) {
            if (!receipt.created) {
                receipt.state = state_of(work, receipt.task.to_string().c_str());
            }
        }
        work.commit();
        return receipts;
    });
}

std::optional<std::string> TaskRepository::step_documents(TaskId task) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row =
            work.exec_params1(std::string(sql::tasks::step_documents), task.to_string());
        return row[0].is_null() ? std::nullopt : std::optional(std::string(row[0].c_str()));
    });
}

std::optional<std::string> TaskRepository::step_document(TaskId task, const std::string& step) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto rows =
            work.exec_params(std::string(sql::tasks::step_document), task.to_string(), step);
        return rows.empty() ? std::nullopt : std::optional(std::string(rows[0][0].c_str()));
    });
}

std::optional<StepId> TaskRepository::step_named(TaskId task, const std::string& step) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto rows =
            work.exec_params(std::string(sql::tasks::step_uuid), task.to_string(), step);
        return rows.empty() ? std::nullopt : std::optional(StepId::parse(rows[0][0].c_str()));
    });
}

std::string TaskRepository::step_audit(StepId step) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(std::string(sql::tasks::step_audit), step.to_string());
        return std::string(row[0].is_null() ? "[]" : row[0].c_str());
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
