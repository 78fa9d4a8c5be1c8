#pragma once

#include "worker/services/status/worker_status.hpp"
#include "worker/services/step_execution/step_start.hpp"
#include "worker/services/template_cache.hpp"
#include "worker/services/templates/template_report.hpp"

#include <string>

namespace tenon::worker {

/// The documents of the worker's API, as docs/http_api.md has them.
std::string to_json(const WorkerStatus& status);
std::string to_json(const EventStatus& status);
std::string to_json(const TemplateReport& report);
std::string to_json(const RunnableTemplate& known);
std::string to_json(const TemplateRefresh& refresh);
std::string to_json(const StartedStep& started);

}  // namespace tenon::worker
