#include "database/repositories/template_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/templates.hpp"

#include <pqxx/pqxx>

namespace tenon::database {

TemplateRepository::Registration TemplateRepository::register_template(
    const std::string& registration_json
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::work work(session);
        const auto id =
            work.exec_params1(std::string(sql::templates::register_template), registration_json)[0]
                .as<std::int32_t>();
        const auto row = work.exec_params1(std::string(sql::templates::is_new), id);
        work.commit();
        return Registration{.id = TemplateId{id}, .created = row[0].as<bool>()};
    });
}

void TemplateRepository::register_templates(const std::vector<std::string>& registrations_json) {
    pool_.run([&](pqxx::connection_base& session) {
        pqxx::work work(session);
        for (const auto& registration : registrations_json) {
            work.exec_params1(std::string(sql::templates::register_template), registration);
        }
        work.commit();
    });
}

std::optional<std::string> TemplateRepository::definition(TemplateId id) {
    return pool_.run([&](pqxx::connection_base& session) -> std::optional<std::string> {
        pqxx::nontransaction work(session);
        const auto rows = work.exec_params(
            std::string(sql::templates::definition), static_cast<std::int32_t>(id)
        );
        if (rows.empty()) {
            return std::nullopt;
        }
        return std::string(rows[0][0].c_str());
    });
}

std::string TemplateRepository::documents(const std::optional<std::string>& namespace_name) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto* const name = namespace_name ? namespace_name->c_str() : nullptr;
        const auto row = work.exec_params1(std::string(sql::templates::documents), name);
        return std::string(row[0].c_str());
    });
}

std::optional<std::string> TemplateRepository::document(const TemplateReference& reference) {
    return pool_.run([&](pqxx::connection_base& session) -> std::optional<std::string> {
        pqxx::nontransaction work(session);
        const auto* const version = reference.version.empty() ? nullptr : reference.version.c_str();
        const auto row = work.exec_params1(
            std::string(sql::templates::document), reference.namespace_name, reference.name, version
        );
        return row[0].is_null() ? std::nullopt : std::optional<std::string>(row[0].c_str());
    });
}

std::optional<TemplateId> TemplateRepository::find(const TemplateReference& reference) {
    const char* version = reference.version.empty() ? nullptr : reference.version.c_str();
    return pool_.run([&](pqxx::connection_base& session) -> std::optional<TemplateId> {
        pqxx::nontransaction work(session);
        const auto rows = work.exec_params(
            std::string(sql::templates::find), reference.namespace_name, reference.name, version
        );
        if (rows.empty()) {
            return std::nullopt;
        }
        return TemplateId{rows[0][0].as<std::int32_t>()};
    });
}

std::vector<TemplateRepository::Callable> TemplateRepository::callables(
    const std::vector<std::string>& namespaces
) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<Callable> callables;
        for (const auto& row :
             work.exec_params(std::string(sql::templates::callables), array_literal(namespaces))) {
            callables.push_back(
                {.id = TemplateId{row[0].as<std::int32_t>()},
                 .reference =
                     {.namespace_name = row[1].c_str(),
                      .name = row[2].c_str(),
                      .version = row[3].c_str()},
                 .step = row[4].c_str(),
                 .callable = row[5].c_str(),
                 .method = row[6].c_str(),
                 .resolver = row[7].is_null() ? "" : row[7].c_str()}
            );
        }
        return callables;
    });
}

std::vector<std::string> TemplateRepository::namespaces() {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<std::string> names;
        for (const auto& row : work.exec(std::string(sql::templates::namespaces))) {
            names.emplace_back(row[0].c_str());
        }
        return names;
    });
}

}  // namespace tenon::database
