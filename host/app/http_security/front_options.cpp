#include "app/http_security/front_options.hpp"

#include "database/repositories/operations/api_key_repository.hpp"
#include "database/repositories/text_list.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tenon::app {

namespace {

constexpr std::uint64_t bytes_per_kib = 1024;

/// What one setting makes no sense without.
void check_completeness(const SecurityOptions& security) {
    if (!security.jwt_keys.empty() &&
        (security.jwt_issuer.empty() || security.jwt_audience.empty())) {
        throw Exception(
            {ErrorCode::invalid_input,
             "tokens of any issuer, for anybody, would be taken; give --jwt-issuer and "
             "--jwt-audience with --jwt-keys"}
        );
    }
    if (security.certificate.empty() != security.private_key.empty()) {
        throw Exception({ErrorCode::invalid_input, "TLS needs both --tls-certificate and --tls-key"}
        );
    }
}

ListenAddress address_of(const HostOptions& options) {
    return options.listen.value_or(usual_address(options.orchestration));
}

std::vector<ApiKeyRecord> read_keys(database::ConnectionPool& pool) {
    std::vector<ApiKeyRecord> keys;
    for (auto& key : database::ApiKeyRepository(pool).valid()) {
        ApiKeyRecord record{
            .id = std::move(key.id),
            .name = std::move(key.name),
            .hash = std::move(key.hash),
            .expires_in = key.expires_in
        };
        for (const auto& permission : database::split_list(key.permissions)) {
            // One that a newer version knows grants nothing here.
            static_cast<void>(record.grants.add(permission));
        }
        keys.push_back(std::move(record));
    }
    return keys;
}

std::unique_ptr<ApiKeys> make_keys(database::ConnectionPool& pool, BlockingPool& blocking) {
    return std::make_unique<ApiKeys>([&pool, &blocking] {
        return blocking.run([&pool] { return read_keys(pool); });
    });
}

std::shared_ptr<Gatekeeper> make_gate(
    const HostOptions& options,
    database::ConnectionPool& pool,
    BlockingPool& blocking
) {
    const auto& security = options.security;
    const bool local_names_only = !security.authenticates() && is_loopback(address_of(options));
    Gatekeeper::Options gate{
        .cross_origin = {.origins = security.cors_origins, .local_names_only = local_names_only},
        .requests_per_second = security.requests_per_second
    };
    if (!security.jwt_keys.empty()) {
        gate.tokens = std::make_unique<TokenVerifier>(TokenVerifier::Options{
            .key_file = security.jwt_keys,
            .issuer = security.jwt_issuer,
            .audience = security.jwt_audience
        });
    }
    if (security.api_keys) {
        gate.keys = make_keys(pool, blocking);
    }
    return std::make_shared<Gatekeeper>(std::move(gate));
}

std::shared_ptr<ServerTls> make_tls(const SecurityOptions& security) {
    if (security.certificate.empty()) {
        return nullptr;
    }
    return std::make_shared<ServerTls>(
        ServerTls::Options{.certificate = security.certificate, .key = security.private_key}
    );
}

void warn_of_exposure(const HostOptions& options) {
    if (is_loopback(address_of(options))) {
        return;
    }
    if (!options.security.authenticates()) {
        log::warning("http", "other machines are let in without saying who they are");
    } else if (options.security.certificate.empty()) {
        log::warning(
            "http",
            "credentials cross the network in the clear: give --tls-certificate, or put a "
            "proxy that speaks TLS in front"
        );
    }
}

}  // namespace

void check_exposure(const HostOptions& options) {
    const auto listen = address_of(options);
    const auto& security = options.security;
    check_completeness(security);
    if (is_loopback(listen) || security.authenticates() || security.unauthenticated) {
        return;
    }
    throw Exception(
        {ErrorCode::invalid_input,
         "'" + listen.host +
             "' can be reached from other machines, and nobody would be asked who they are; give "
             "--api-keys or --jwt-keys, or --unauthenticated when the network is guarded otherwise"}
    );
}

HttpServer::Options front_options(
    const HostOptions& options,
    database::ConnectionPool& pool,
    BlockingPool& blocking
) {
    check_exposure(options);
    warn_of_exposure(options);
    HttpLimits limits;
    limits.body_bytes = options.security.body_kib * bytes_per_kib;
    limits.connections = options.security.connections;
    return {
        .listen = address_of(options),
        .limits = limits,
        .gate = make_gate(options, pool, blocking),
        .tls = make_tls(options.security)
    };
}

}  // namespace tenon::app
