#pragma once

#include "foundation/result.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What a caller may be allowed to do over HTTP. Each has the form `resource:action`.
enum class Permission : std::uint8_t {
    tasks_create,
    tasks_read,
    tasks_list,
    tasks_cancel,
    tasks_context_read,
    steps_read,
    steps_resolve,
    dlq_read,
    dlq_update,
    dlq_stats,
    templates_read,
    templates_validate,
    templates_create,
    system_config_read,
    system_handlers_read,
    system_analytics_read,
    system_hosts_read,
    system_metrics_read,
    worker_config_read,
    worker_templates_read,
    worker_status_read,
    worker_control,
    plugins_manage,
    events_read,
};

inline constexpr std::size_t permission_count =
    static_cast<std::size_t>(Permission::events_read) + 1;

/// E.g. "tasks:create".
std::string_view to_string(Permission permission) noexcept;

std::optional<Permission> parse_permission(std::string_view text) noexcept;

/// All of them, in the order of the enumeration.
std::vector<Permission> all_permissions();

/// The permissions that somebody has. A value. [any-thread]
class Grants {
public:
    Grants() = default;

    static Grants all();

    /// Adds a permission or all of a resource, as `tasks:*`. The error says what is accepted, and
    /// what was probably meant. There is no wildcard for everything.
    Result<void> add(std::string_view text);

    void add(Permission permission) { set_.set(static_cast<std::size_t>(permission)); }

    bool allow(Permission permission) const {
        return set_.test(static_cast<std::size_t>(permission));
    }

    bool empty() const noexcept { return set_.none(); }

    /// Their names, in the order of the enumeration.
    std::vector<std::string> names() const;

    friend bool operator==(const Grants&, const Grants&) = default;

private:
    std::bitset<permission_count> set_;
};

}  // namespace tenon
