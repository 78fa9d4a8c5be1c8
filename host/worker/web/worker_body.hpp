#pragma once

#include "domain/deployment_mode.hpp"
#include "domain/ids.hpp"
#include "foundation/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::worker {

/// `{mode}`, of `PUT /v1/worker/mode`.
Result<DeploymentMode> parse_mode_body(std::string_view body);

/// `{namespace}`, of `POST /v1/worker/templates/refresh`; it and the body may be left out.
Result<std::optional<std::string>> parse_refresh_body(std::string_view body);

/// `{correlation_id}`, of `POST /v1/worker/steps/{uuid}/execute`; it and the body may be left out.
Result<std::optional<CorrelationId>> parse_execute_body(std::string_view body);

}  // namespace tenon::worker
