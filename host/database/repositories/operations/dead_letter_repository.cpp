#include "database/repositories/operations/dead_letter_repository.hpp"

#include "sql/dead_letters.hpp"

#include <pqxx/pqxx>

namespace tenon::database {
namespace {

const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

}  // namespace

std::string DeadLetterRepository::list(const Filter& filter) {
    const auto status =
        filter.status ? std::optional(std::string(to_string(*filter.status))) : std::nullopt;
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::dead_letters::documents),
            status ? status->c_str() : nullptr,
            filter.limit,
            or_null(filter.before)
        );
        return std::string(row[0].is_null() ? "[]" : row[0].c_str());
    });
}

std::optional<std::string> DeadLetterRepository::find(DeadLetterId entry) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row =
            work.exec_params1(std::string(sql::dead_letters::document), entry.to_string());
        return row[0].is_null() ? std::nullopt : std::optional(std::string(row[0].c_str()));
    });
}

std::string DeadLetterRepository::of_task(TaskId task) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row =
            work.exec_params1(std::string(sql::dead_letters::documents_of_task), task.to_string());
        return std::string(row[0].c_str());
    });
}

DeadLetterId DeadLetterRepository::add(TaskId task, const Intervention& intervention) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::dead_letters::add),
            task.to_string(),
            intervention.by,
            or_null(intervention.reason)
        );
        return DeadLetterId::parse(row[0].c_str());
    });
}

bool DeadLetterRepository::update(
    DeadLetterId entry,
    ResolutionStatus status,
    const Intervention& intervention
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::dead_letters::update),
            entry.to_string(),
            std::string(to_string(status)),
            intervention.by,
            or_null(intervention.reason)
        );
        return !row[0].is_null() && row[0].as<bool>();
    });
}

std::string DeadLetterRepository::statistics() {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return std::string(work.exec_params1(std::string(sql::dead_letters::statistics))[0].c_str()
        );
    });
}

}  // namespace tenon::database
