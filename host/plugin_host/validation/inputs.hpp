#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A task's context that a handler may not expect, and what is odd about it.
struct HostileContext {
    std::string name;
    std::string json;
};

/// Contexts around a good one: empty, large, deep, strange, and each field of it missing or of
/// another type. All are JSON objects that a database would store.
std::vector<HostileContext> hostile_contexts(std::string_view good);

/// Endless variations of a context; the same seed gives the same ones.
class ContextMutator {
public:
    ContextMutator(std::string_view good, std::uint64_t seed);
    ~ContextMutator();

    std::string next();

private:
    std::unique_ptr<nlohmann::json> good_;
    std::mt19937_64 random_;
};

}  // namespace tenon::plugin_host
