#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// A template as people name it.
struct TemplateReference {
    std::string namespace_name;
    std::string name;
    std::string version;  ///< Empty: the newest.

    /// Such as "shop/order@1.0.0".
    std::string to_string() const {
        return namespace_name + "/" + name + (version.empty() ? "" : "@" + version);
    }
};

/// Registered templates and their namespaces. Its calls block. [any-thread]
class TemplateRepository {
public:
    explicit TemplateRepository(ConnectionPool& pool) : pool_(pool) {}

    struct Registration {
        TemplateId id{};
        bool created = false;  ///< False when it was registered before.
    };

    /// Registers a compiled template (`registration_json`). The same content again is a no-op;
    /// other content under a registered version throws `conflict`.
    Registration register_template(const std::string& registration_json);

    /// Registers all of them or, when one is refused, none.
    void register_templates(const std::vector<std::string>& registrations_json);

    /// The canonical definition, a JSON object; nullopt when there is none.
    std::optional<std::string> definition(TemplateId id);

    /// The id of a template; nullopt when there is none.
    std::optional<TemplateId> find(const TemplateReference& reference);

    /// What a step of a template calls.
    struct Callable {
        TemplateId id{};
        TemplateReference reference;
        std::string step;
        std::string callable;
        std::string method;
        std::string resolver;  ///< Hint for the resolver chain, or empty.
    };

    /// Of every registered template of these namespaces, template by template.
    std::vector<Callable> callables(const std::vector<std::string>& namespaces);

    std::vector<std::string> namespaces();

    /// What is registered in one namespace or in all: a JSON array, by name, the newest version
    /// first.
    std::string documents(const std::optional<std::string>& namespace_name);

    /// A template's document, a JSON object; nullopt when there is none.
    std::optional<std::string> document(const TemplateReference& reference);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
