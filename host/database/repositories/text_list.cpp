#include "database/repositories/text_list.hpp"

#include <algorithm>

namespace tenon::database {
namespace {

void append_quoted(std::string& literal, const std::string& item) {
    literal += '"';
    for (const char c : item) {
        if (c == '"' || c == '\\') {
            literal += '\\';
        }
        literal += c;
    }
    literal += '"';
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        items.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return items;
}

std::string array_literal(const std::vector<std::string>& items) {
    std::string literal = "{";
    for (const auto& item : items) {
        literal += literal.size() > 1 ? "," : "";
        append_quoted(literal, item);
    }
    return literal + '}';
}

std::string array_literal(const std::vector<std::int64_t>& items) {
    std::string literal = "{";
    for (const auto item : items) {
        literal += (literal.size() > 1 ? "," : "") + std::to_string(item);
    }
    return literal + '}';
}

std::string sparse_array_literal(const std::vector<std::string>& items) {
    std::string literal = "{";
    for (const auto& item : items) {
        literal += literal.size() > 1 ? "," : "";
        if (item.empty()) {
            literal += "NULL";
        } else {
            append_quoted(literal, item);
        }
    }
    return literal + '}';
}

}  // namespace tenon::database
