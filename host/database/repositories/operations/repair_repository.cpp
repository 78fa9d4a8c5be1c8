#include "database/repositories/operations/repair_repository.hpp"

#include "database/repositories/statement.hpp"
#include "sql/repairs.hpp"

namespace tenon::database {
namespace {

const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

TaskState state_in(const pqxx::row& row) {
    return parse_task_state(row[0].c_str()).value_or(TaskState::steps_in_process);
}

}  // namespace

Cancellation RepairRepository::cancel(TaskId task, const Intervention& intervention) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::repairs::cancel_task),
            task.to_string(),
            intervention.by,
            or_null(intervention.reason)
        );
        return Cancellation{
            .outcome = row[0].c_str(), .running = row[1].is_null() ? 0 : row[1].as<std::int32_t>()
        };
    });
}

TaskState RepairRepository::reset(StepId step, const Intervention& intervention) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return state_in(work.exec_params1(
            std::string(sql::repairs::reset_step),
            step.to_string(),
            intervention.by,
            or_null(intervention.reason)
        ));
    });
}

TaskState RepairRepository::resolve(StepId step, const Intervention& intervention) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return state_in(work.exec_params1(
            std::string(sql::repairs::resolve_step),
            step.to_string(),
            intervention.by,
            or_null(intervention.reason)
        ));
    });
}

TaskState RepairRepository::complete(
    StepId step,
    const std::string& result_json,
    const Intervention& intervention
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return state_in(work.exec_params1(
            std::string(sql::repairs::complete_step),
            step.to_string(),
            result_json,
            intervention.by,
            or_null(intervention.reason)
        ));
    });
}

std::int32_t RepairRepository::redrive(TaskId task, const Intervention& intervention) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::repairs::redrive_task),
            task.to_string(),
            intervention.by,
            or_null(intervention.reason)
        );
        return row[0].as<std::int32_t>();
    });
}

}  // namespace tenon::database
