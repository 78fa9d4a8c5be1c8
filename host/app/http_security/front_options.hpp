#pragma once

#include "app/host_options.hpp"
#include "app/http_front.hpp"
#include "database/connection_pool.hpp"
#include "foundation/runtime/blocking_pool.hpp"

namespace tenon::app {

/// Throws ErrorCode::invalid_input when other machines could reach the host without saying who they
/// are, unless that was asked for.
void check_exposure(const HostOptions& options);

/// How the host's HTTP listens and whom it lets in. `pool` and `blocking` outlive the front.
HttpServer::Options front_options(
    const HostOptions& options,
    database::ConnectionPool& pool,
    BlockingPool& blocking
);

}  // namespace tenon::app
