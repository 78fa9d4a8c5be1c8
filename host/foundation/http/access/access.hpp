#pragma once

#include "foundation/http/access/permission.hpp"

#include <optional>

namespace tenon {

/// Who may use a route. It cannot be left out: a route is open to everybody only when it says so.
class Access {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a route table names the permission alone.
    constexpr Access(Permission permission) noexcept : permission_(permission) {}

    /// Everybody, also without credentials.
    static constexpr Access open() noexcept { return Access(); }

    /// Nothing for an open route.
    constexpr std::optional<Permission> permission() const noexcept { return permission_; }

private:
    constexpr Access() noexcept = default;

    std::optional<Permission> permission_;
};

}  // namespace tenon
