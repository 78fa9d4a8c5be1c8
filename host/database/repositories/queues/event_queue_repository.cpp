#include "database/repositories/queues/event_queue_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/events.hpp"

#include <pqxx/pqxx>

namespace tenon::database {

EventQueueRepository::Queues EventQueueRepository::queues() {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        Queues found;
        for (const auto& row : work.exec_params(std::string(sql::events::queues))) {
            found.emplace(row[0].c_str(), row[1].as<std::int64_t>());
        }
        return found;
    });
}

std::vector<DomainEvent> EventQueueRepository::peek(const Range& range) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<DomainEvent> events;
        for (const auto& row : work.exec_params(
                 std::string(sql::events::peek),
                 range.namespace_name,
                 range.after,
                 array_literal(range.missing),
                 range.limit
             )) {
            events.push_back({
                .mode = DeliveryMode::durable,
                .message = row[0].as<std::int64_t>(),
                .namespace_name = range.namespace_name,
                .name = row[1].c_str(),
                .document_json = row[2].c_str(),
            });
        }
        return events;
    });
}

}  // namespace tenon::database
