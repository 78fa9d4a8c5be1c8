#pragma once

#include "database/repositories/template_repository.hpp"
#include "domain/ids.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tenon::worker {

/// Whether a registered template can run here.
struct TemplateCondition {
    TemplateId id{};
    database::TemplateReference reference;
    std::vector<std::string> unresolved;  ///< A sentence per callable that nothing implements.

    bool runnable() const { return unresolved.empty(); }
};

/// The registered templates of the namespaces that a worker serves.
struct TemplateReport {
    std::optional<std::chrono::system_clock::time_point> made_at;  ///< Unset: not made yet.
    std::vector<TemplateCondition> templates;  ///< By namespace, name and version.

    /// How many of them cannot run here.
    std::size_t unresolved() const;
};

/// What a refresh did.
struct TemplateRefresh {
    std::size_t resolved_again = 0;     ///< Templates that were in use.
    std::vector<std::string> reopened;  ///< Templates whose steps are taken again.
    std::size_t templates = 0;          ///< Registered ones that were looked at.
    std::size_t unresolved = 0;         ///< Of these, those that cannot run here.
};

}  // namespace tenon::worker
