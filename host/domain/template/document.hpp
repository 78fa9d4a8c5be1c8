#pragma once

#include "foundation/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// Where something stands in a file, both from 1; zeros when it did not come from a file.
struct Place {
    int line = 0;
    int column = 0;
};

struct DocumentEntry;

/// A value of a YAML or JSON document that remembers where it stood.
struct DocumentNode {
    enum class Kind : std::uint8_t { scalar, sequence, mapping };

    Kind kind = Kind::scalar;
    Place place;
    nlohmann::json scalar;               ///< Null, boolean, number or string.
    std::vector<DocumentNode> items;     ///< Of a sequence.
    std::vector<DocumentEntry> entries;  ///< Of a mapping, in the author's order, keys unique.
};

struct DocumentEntry {
    std::string key;
    Place place;
    DocumentNode value;
};

/// "file:line:column: ", or "file: " without a place: what a message about a document begins with.
std::string place_prefix(std::string_view file_name, Place place);

/// The value without its places.
nlohmann::json to_json(const DocumentNode& node);

/// The value as a document without places. Recurses: bound the depth of `value` first.
DocumentNode document_from_json(const nlohmann::json& value);

/// A number as it comes back from PostgreSQL's `jsonb`, so that a template has the same text before
/// and after it was stored: −0 is 0, and a whole number that JSON would write with an exponent is
/// an integer where one can hold it.
nlohmann::json canonical_number(double number);

}  // namespace tenon
