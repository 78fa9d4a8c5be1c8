#include "database/repositories/step_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "foundation/json_text.hpp"
#include "sql/steps.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tenon::database {

std::optional<std::string> StepRepository::ancestor_result(
    TaskId task,
    StepNo step_no,
    std::string_view name
) {
    return pool_.run([&](pqxx::connection_base& session) -> std::optional<std::string> {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::steps::ancestor_result),
            task.to_string(),
            static_cast<std::int32_t>(step_no),
            std::string(name)
        );
        return row[0].is_null() ? std::nullopt : std::optional(std::string(row[0].c_str()));
    });
}

bool StepRepository::save_checkpoint(HostId host, const StepAttempt& step, std::string_view json) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::steps::save_checkpoint),
            static_cast<std::int32_t>(host),
            step.task.to_string(),
            static_cast<std::int32_t>(step.step_no),
            step.attempt,
            std::string(json)
        );
        return row[0].as<bool>();
    });
}

void StepRepository::report_progress(HostId host, const std::vector<StepProgress>& progress) {
    std::string json = "[";
    for (const auto& [step, latest] : progress) {
        json += json.size() > 1 ? "," : "";
        json += fmt::format(
            R"({{"task_uuid":"{}","step_no":{},"attempt":{},"fraction":{},"message":{}}})",
            step.task.to_string(),
            static_cast<std::int32_t>(step.step_no),
            step.attempt,
            latest.fraction ? fmt::format("{}", *latest.fraction) : "null",
            json_quote(latest.message)
        );
    }
    json += ']';
    pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        work.exec_params(
            std::string(sql::steps::report_progress), static_cast<std::int32_t>(host), json
        );
    });
}

std::vector<TaskId> StepRepository::ended_tasks(const std::vector<TaskId>& tasks) {
    std::vector<std::string> texts;
    texts.reserve(tasks.size());
    for (const auto& task : tasks) {
        texts.push_back(task.to_string());
    }
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<TaskId> ended;
        for (const auto& row :
             work.exec_params(std::string(sql::steps::ended_tasks), array_literal(texts))) {
            ended.push_back(TaskId::parse(row[0].c_str()));
        }
        return ended;
    });
}

StepRepository::Released StepRepository::release_due(std::int32_t limit) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(std::string(sql::steps::release_due), limit);
        Released released{
            .count = row[0].as<std::int32_t>(),
            .namespaces = split_list(row[1].is_null() ? "" : row[1].c_str()),
            .next_in = std::nullopt
        };
        if (!row[2].is_null()) {
            const auto seconds = std::max(row[2].as<double>(), 0.0);
            released.next_in =
                std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
        }
        return released;
    });
}

}  // namespace tenon::database
