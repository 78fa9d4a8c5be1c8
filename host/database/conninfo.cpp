#include "database/conninfo.hpp"

#include "foundation/error.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <memory>
#include <utility>

namespace tenon::database {
namespace {

using OptionList = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string quote(const std::string& value) {
    std::string quoted = "'";
    for (const char letter : value) {
        if (letter == '\'' || letter == '\\') {
            quoted += '\\';
        }
        quoted += letter;
    }
    return quoted + "'";
}

}  // namespace

Conninfo::Conninfo(std::string_view text) {
    char* message = nullptr;
    const OptionList options(PQconninfoParse(std::string(text).c_str(), &message), PQconninfoFree);
    PQfreemem(message);
    if (!options) {
        throw Exception(
            {ErrorCode::invalid_input,
             "the database URL is not a PostgreSQL connection string; write it as "
             "postgresql://USER:PASSWORD@HOST:5432/DATABASE, special characters percent-encoded, "
             "or as host=HOST dbname=DATABASE"}
        );
    }
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            values_[option->keyword] = option->val;
        }
    }
}

void Conninfo::set(const std::string& keyword, std::string value) {
    values_[keyword] = std::move(value);
}

void Conninfo::set_default(const std::string& keyword, std::string value) {
    values_.try_emplace(keyword, std::move(value));
}

std::string Conninfo::get(const std::string& keyword) const {
    if (const auto found = values_.find(keyword); found != values_.end()) {
        return found->second;
    }
    const OptionList defaults(PQconndefaults(), PQconninfoFree);
    for (const auto* option = defaults.get(); option && option->keyword; ++option) {
        if (keyword == option->keyword && option->val != nullptr) {
            return option->val;
        }
    }
    return {};
}

std::string Conninfo::endpoint() const {
    auto host = get("host");
    if (host.empty()) {
        host = get("hostaddr").empty() ? "the local socket" : get("hostaddr");
    }
    const auto database = get("dbname").empty() ? get("user") : get("dbname");
    return fmt::format("{}:{}, database {}", host, get("port"), database);
}

std::string Conninfo::to_string() const {
    std::string text;
    for (const auto& [keyword, value] : values_) {
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", keyword, quote(value));
    }
    return text;
}

}  // namespace tenon::database
