#pragma once

#include "database/repositories/template_repository.hpp"
#include "orchestration/services/templates/template_registration_service.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// Make a template version known, for ever.
struct RegisterTemplate {
    using Reply = RegisteredTemplate;
    static constexpr std::string_view name = "RegisterTemplate";

    std::string yaml;
};

/// Say whether a template could be registered, as far as it alone decides that.
struct ValidateTemplate {
    using Reply = RegisteredTemplate;
    static constexpr std::string_view name = "ValidateTemplate";

    std::string yaml;
};

/// List the registered templates.
struct ListTemplates {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "ListTemplates";

    std::optional<std::string> namespace_name;  ///< Unset: of all namespaces.
};

/// Report one template.
struct GetTemplate {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown one.
    static constexpr std::string_view name = "GetTemplate";

    database::TemplateReference reference;
};

}  // namespace tenon::orchestration
