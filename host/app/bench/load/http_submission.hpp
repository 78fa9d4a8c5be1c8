#pragma once

#include "app/bench/load/submission.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tenon::app {

/// Submits over HTTP to the host at `url`, on a connection of its own: one task a request, or with
/// `batch` up to 100 by /v1/tasks:batch. Tasks that the host is too busy for are refused; any other
/// answer throws Exception(unavailable).
std::unique_ptr<Submitter> http_submitter(const std::string& url, TaskMix& mix, bool batch);

/// The task UUIDs that an answer to a submission names, in its order.
std::vector<TaskId> submitted_tasks(const std::string& answer);

}  // namespace tenon::app
