#include "foundation/http/access/permission.hpp"

#include "foundation/suggestion.hpp"

#include <algorithm>
#include <array>

namespace tenon {

namespace {

constexpr std::size_t longest_quoted = 80;

// In the order of the enumeration.
constexpr std::array<std::string_view, permission_count> permission_names{
    "tasks:create",       "tasks:read",          "tasks:list",           "tasks:cancel",
    "tasks:context_read", "steps:read",          "steps:resolve",        "dlq:read",
    "dlq:update",         "dlq:stats",           "templates:read",       "templates:validate",
    "templates:create",   "system:config_read",  "system:handlers_read", "system:analytics_read",
    "system:hosts_read",  "system:metrics_read", "worker:config_read",   "worker:templates_read",
    "worker:status_read", "worker:control",      "plugins:manage",       "events:read",
};

std::string_view resource_of(std::string_view name) noexcept {
    return name.substr(0, name.find(':'));
}

Error no_permission(std::string_view text) {
    text = text.substr(0, longest_quoted);
    return {
        ErrorCode::invalid_input,
        "'" + std::string(text) + "' is no permission" + did_you_mean(text, permission_names) +
            "; give one such as tasks:read, or all of a resource as tasks:*"
    };
}

}  // namespace

std::string_view to_string(Permission permission) noexcept {
    return permission_names[static_cast<std::size_t>(permission)];
}

std::optional<Permission> parse_permission(std::string_view text) noexcept {
    const auto* const found = std::ranges::find(permission_names, text);
    return found == permission_names.end()
               ? std::nullopt
               : std::optional(static_cast<Permission>(found - permission_names.begin()));
}

std::vector<Permission> all_permissions() {
    std::vector<Permission> all;
    for (std::size_t i = 0; i < permission_count; ++i) {
        all.push_back(static_cast<Permission>(i));
    }
    return all;
}

Grants Grants::all() {
    Grants grants;
    grants.set_.set();
    return grants;
}

Result<void> Grants::add(std::string_view text) {
    if (const auto permission = parse_permission(text)) {
        add(*permission);
        return {};
    }
    const bool wildcard = text.ends_with(":*");
    bool found = false;
    for (const auto permission : all_permissions()) {
        if (wildcard && resource_of(to_string(permission)) == resource_of(text)) {
            add(permission);
            found = true;
        }
    }
    return found ? Result<void>() : no_permission(text);
}

std::vector<std::string> Grants::names() const {
    std::vector<std::string> names;
    for (const auto permission : all_permissions()) {
        if (allow(permission)) {
            names.emplace_back(to_string(permission));
        }
    }
    return names;
}

}  // namespace tenon
