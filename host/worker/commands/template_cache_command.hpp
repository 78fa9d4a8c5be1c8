#pragma once

#include "worker/services/template_cache.hpp"
#include "worker/services/templates/template_refresh_service.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::worker {

/// Resolve callables anew, because plugins were loaded or templates registered: of one namespace,
/// or of all. Steps of templates that can run now are claimed again.
struct RefreshTemplateCache {
    using Reply = TemplateRefresh;
    static constexpr std::string_view name = "RefreshTemplateCache";

    std::optional<std::string> namespace_name;
};

/// A template as this worker can run it. An unknown one throws `not_found`.
struct GetTemplate {
    using Reply = std::shared_ptr<const RunnableTemplate>;
    static constexpr std::string_view name = "GetTemplate";

    TemplateRefreshService::Key key;
};

/// What is known of the registered templates of this worker's namespaces. Answered at once.
struct GetTemplateReport {
    using Reply = std::shared_ptr<const TemplateReport>;
    static constexpr std::string_view name = "GetTemplateReport";
};

}  // namespace tenon::worker
