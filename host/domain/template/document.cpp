#include "domain/template/document.hpp"

#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <utility>

namespace tenon {
namespace {

nlohmann::json canonical_scalar(const nlohmann::json& value) {
    return value.is_number_float() ? canonical_number(value.get<double>()) : value;
}

}  // namespace

std::string place_prefix(std::string_view file_name, Place place) {
    return place.line == 0 ? fmt::format("{}: ", file_name)
                           : fmt::format("{}:{}:{}: ", file_name, place.line, place.column);
}

nlohmann::json to_json(const DocumentNode& node) {
    switch (node.kind) {
        case DocumentNode::Kind::scalar: return node.scalar;
        case DocumentNode::Kind::sequence: {
            auto array = nlohmann::json::array();
            for (const auto& item : node.items) {
                array.push_back(to_json(item));
            }
            return array;
        }
        case DocumentNode::Kind::mapping: break;
    }
    auto object = nlohmann::json::object();
    for (const auto& entry : node.entries) {
        object[entry.key] = to_json(entry.value);
    }
    return object;
}

DocumentNode document_from_json(const nlohmann::json& value) {
    DocumentNode node;
    if (value.is_array()) {
        node.kind = DocumentNode::Kind::sequence;
        for (const auto& item : value) {
            node.items.push_back(document_from_json(item));
        }
    } else if (value.is_object()) {
        node.kind = DocumentNode::Kind::mapping;
        for (const auto& [key, member] : value.items()) {
            node.entries.push_back({key, {}, document_from_json(member)});
        }
    } else {
        node.scalar = canonical_scalar(value);
    }
    return node;
}

nlohmann::json canonical_number(double number) {
    constexpr double first_with_exponent = 1e15;
    constexpr double signed_end = 9223372036854775808.0;     // 2^63
    constexpr double unsigned_end = 18446744073709551616.0;  // 2^64
    const double magnitude = std::abs(number);
    if (magnitude == 0) {
        return 0.0;
    }
    if (magnitude < first_with_exponent || magnitude != std::floor(magnitude)) {
        return number;
    }
    if (magnitude < signed_end) {
        return static_cast<std::int64_t>(number);
    }
    if (number > 0 && number < unsigned_end) {
        return static_cast<std::uint64_t>(number);
    }
    return number;
}

}  // namespace tenon
