#pragma once

#include "foundation/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::plugin_host {

/// What a scout process shall do with a plugin. JSON fields are JSON text.
struct ScoutRequest {
    std::string action;            ///< One of those that its program knows.
    std::filesystem::path file;    ///< A private copy: nobody can change it meanwhile.
    std::filesystem::path source;  ///< Where it was copied from.
    std::string sha256;
    std::string callable = {};
    std::string method = "call";
    std::string context = "{}";
    std::string initialization = "{}";
    std::string checkpoint = {};
    std::vector<std::pair<std::string, std::string>> dependencies = {};
    std::uint32_t attempt = 1;
    std::uint32_t max_attempts = 3;
    std::chrono::milliseconds cancel_after{0};  ///< 0: never.
    std::uint64_t seed = 1;
    std::uint32_t rounds = 1;
    std::uint64_t max_memory = 0;  ///< Bytes of address space; 0: no limit.
};

std::string to_json(const ScoutRequest& request);
Result<ScoutRequest> parse_scout_request(std::string_view json);

}  // namespace tenon::plugin_host
