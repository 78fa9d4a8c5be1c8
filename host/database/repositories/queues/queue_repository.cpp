#include "database/repositories/queues/queue_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/queues.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cmath>

namespace tenon::database {

std::vector<QueueMessage> QueueRepository::read(
    std::string_view queue,
    const ReadOptions& options
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<QueueMessage> messages;
        for (const auto& row : work.exec_params(
                 std::string(sql::queues::read),
                 std::string(queue),
                 static_cast<std::int32_t>(options.invisible.count()),
                 options.limit
             )) {
            messages.push_back(
                {.id = row[0].as<std::int64_t>(),
                 .read_count = row[1].as<std::int32_t>(),
                 .text = row[2].is_null() ? "null" : row[2].c_str()}
            );
        }
        return messages;
    });
}

QueueRepository::Outlook QueueRepository::look() {
    return pool_.run([](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec1(std::string(sql::queues::look));
        Outlook outlook{
            .task_requests = row[0].as<bool>(),
            .step_results = row[1].as<bool>(),
            .finalizations = row[2].as<bool>(),
            .next_due = std::nullopt
        };
        if (!row[3].is_null()) {
            const auto ms = std::ceil(std::max(row[3].as<double>(), 0.0) * 1000);
            outlook.next_due = std::chrono::milliseconds(static_cast<std::int64_t>(ms));
        }
        return outlook;
    });
}

std::vector<QueueRepository::Depth> QueueRepository::depths(const std::vector<std::string>& queues
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<Depth> depths;
        for (const auto& row :
             work.exec_params(std::string(sql::queues::depths), array_literal(queues))) {
            Depth depth{.waiting = row[0].as<std::int64_t>(), .oldest = std::nullopt};
            if (!row[1].is_null()) {
                const auto ms = std::max(row[1].as<double>(), 0.0) * 1000;
                depth.oldest = std::chrono::milliseconds(static_cast<std::int64_t>(ms));
            }
            depths.push_back(depth);
        }
        return depths;
    });
}

std::int64_t QueueRepository::give_back(const Ids& messages) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return work
            .exec_params1(
                std::string(sql::queues::give_back),
                array_literal(messages.task_requests),
                array_literal(messages.step_results),
                array_literal(messages.finalizations)
            )[0]
            .as<std::int64_t>();
    });
}

std::int64_t QueueRepository::redeliver() {
    return pool_.run([](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return work.exec1(std::string(sql::queues::redeliver))[0].as<std::int64_t>();
    });
}

std::int64_t QueueRepository::archive(
    std::string_view queue,
    const std::vector<RefusedMessage>& messages
) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> reasons;
    for (const auto& message : messages) {
        ids.push_back(message.id);
        reasons.push_back(message.reason);
    }
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return work
            .exec_params1(
                std::string(sql::queues::archive),
                std::string(queue),
                array_literal(ids),
                array_literal(reasons)
            )[0]
            .as<std::int64_t>();
    });
}

}  // namespace tenon::database
