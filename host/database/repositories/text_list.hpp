#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::database {

/// The items of a comma-separated list; none for an empty text.
std::vector<std::string> split_list(std::string_view text);

/// An array literal with every element quoted by PostgreSQL's own rules.
std::string array_literal(const std::vector<std::string>& items);
std::string array_literal(const std::vector<std::int64_t>& items);

/// The same with NULL in the place of every empty text.
std::string sparse_array_literal(const std::vector<std::string>& items);

}  // namespace tenon::database
