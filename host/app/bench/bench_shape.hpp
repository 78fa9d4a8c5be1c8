#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// A template that a benchmark makes for itself, of steps that do nothing but give back a result of
/// a given size.
struct BenchShape {
    enum class Kind : std::uint8_t {
        chain,    ///< `size` steps, one after the other.
        diamond,  ///< A step, two beside each other and a join; `size` of those in a row.
        tree,     ///< Levels of twice as many steps each, `size` of them, and a join of the leaves.
        wide,     ///< A step, `size` beside each other and a join.
    };

    Kind kind = Kind::chain;
    std::int32_t size = 4;
    std::int32_t payload = 0;  ///< Bytes of every result; 0: an empty object.

    /// "chain", "chain:8", "diamond:13", "tree:4", "wide:1000"; "mixed" is one of each. Throws
    /// Exception(invalid_input).
    static std::vector<BenchShape> parse(const std::string& text);

    /// Of the template, e.g. "wide_1000_16384".
    std::string name() const;

    static constexpr auto own_namespace = "bench";

    /// The template as YAML.
    std::string yaml(std::string_view namespace_name = own_namespace) const;
};

}  // namespace tenon::app
