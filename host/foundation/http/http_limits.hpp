#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tenon {

/// What one server grants its callers before it refuses them.
struct HttpLimits {
    std::uint64_t body_bytes = 1024 * 1024;
    std::uint32_t header_bytes = 16 * 1024;
    std::size_t connections = 1024;
    std::chrono::milliseconds idle{30'000};   ///< Between two requests of one connection.
    std::chrono::milliseconds read{30'000};   ///< For one whole request, header and body.
    std::chrono::milliseconds write{30'000};  ///< For one whole response.
};

}  // namespace tenon
