#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// Registered templates and their namespaces. Its calls block. [any-thread]
class TemplateRepository {
public:
    explicit TemplateRepository(ConnectionPool& pool) : pool_(pool) {}

    /// Registers a compiled template (`registration_json`). The same content again is a no-op;
    /// other content under a registered version throws `conflict`.
    TemplateId register_template(const std::string& registration_json);

    /// Registers all of them or, when one is refused, none.
    void register_templates(const std::vector<std::string>& registrations_json);

    /// The canonical definition, a JSON object; nullopt when there is none.
    std::optional<std::string> definition(TemplateId id);

    std::vector<std::string> namespaces();

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
