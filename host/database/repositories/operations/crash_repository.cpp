#include "database/repositories/operations/crash_repository.hpp"

#include "sql/crashes.hpp"

#include <pqxx/pqxx>

namespace tenon::database {

bool CrashRepository::report(const Report& report) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::crashes::report_crash),
            report.step_uuid,
            report.attempt,
            report.sha256.empty() ? nullptr : report.sha256.c_str(),
            report.what
        );
        return row[0].as<bool>();
    });
}

void CrashRepository::set_poison_after(std::int32_t crashes) {
    pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        work.exec_params(std::string(sql::crashes::set_poison_after), crashes);
    });
}

}  // namespace tenon::database
