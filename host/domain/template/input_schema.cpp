#include "domain/template/input_schema.hpp"

#include "foundation/json_text.hpp"
#include "foundation/suggestion.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tenon {
namespace {

using nlohmann::json;

constexpr std::size_t longest_pattern = 1000;

// What the value of a keyword must be.
enum class Operand : std::uint8_t {
    anything,   ///< Annotations, and const.
    root_only,  ///< An annotation that would move the base of references.
    boolean,
    count,  ///< A non-negative integer.
    number,
    positive_number,
    pattern,
    reference,
    types,          ///< A type name or a list of them.
    names,          ///< A list of distinct strings.
    values,         ///< A list with at least one value.
    schema,         ///< A schema for the same value.
    schema_list,    ///< Schemas for the same value.
    child_schema,   ///< A schema for parts of the value.
    child_schemas,  ///< An object of schemas for parts of the value.
    definitions,    ///< An object of schemas that are only referred to.
};

struct Keyword {
    std::string_view name;
    Operand operand;
};

constexpr std::array keywords{
    Keyword{"$comment", Operand::anything},
    Keyword{"$defs", Operand::definitions},
    Keyword{"$id", Operand::root_only},
    Keyword{"$ref", Operand::reference},
    Keyword{"$schema", Operand::root_only},
    Keyword{"additionalProperties", Operand::child_schema},
    Keyword{"allOf", Operand::schema_list},
    Keyword{"anyOf", Operand::schema_list},
    Keyword{"const", Operand::anything},
    Keyword{"default", Operand::anything},
    Keyword{"definitions", Operand::definitions},
    Keyword{"deprecated", Operand::anything},
    Keyword{"description", Operand::anything},
    Keyword{"else", Operand::schema},
    Keyword{"enum", Operand::values},
    Keyword{"examples", Operand::anything},
    Keyword{"exclusiveMaximum", Operand::number},
    Keyword{"exclusiveMinimum", Operand::number},
    Keyword{"format", Operand::anything},
    Keyword{"if", Operand::schema},
    Keyword{"items", Operand::child_schema},
    Keyword{"maxItems", Operand::count},
    Keyword{"maxLength", Operand::count},
    Keyword{"maxProperties", Operand::count},
    Keyword{"maximum", Operand::number},
    Keyword{"minItems", Operand::count},
    Keyword{"minLength", Operand::count},
    Keyword{"minProperties", Operand::count},
    Keyword{"minimum", Operand::number},
    Keyword{"multipleOf", Operand::positive_number},
    Keyword{"not", Operand::schema},
    Keyword{"oneOf", Operand::schema_list},
    Keyword{"pattern", Operand::pattern},
    Keyword{"properties", Operand::child_schemas},
    Keyword{"readOnly", Operand::anything},
    Keyword{"required", Operand::names},
    Keyword{"then", Operand::schema},
    Keyword{"title", Operand::anything},
    Keyword{"type", Operand::types},
    Keyword{"uniqueItems", Operand::boolean},
    Keyword{"writeOnly", Operand::anything},
};

constexpr std::array<std::string_view, 7>
    type_names{"array", "boolean", "integer", "null", "number", "object", "string"};

std::string pointer_token(std::string_view key) {
    std::string token;
    for (const char c : key) {
        token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return token;
}

bool is_type_name(const json& value) {
    return value.is_string() &&
           std::ranges::find(type_names, value.get_ref<const std::string&>()) != type_names.end();
}

bool has_duplicates(const json& list) {
    return std::set<json>(list.begin(), list.end()).size() < list.size();
}

// A whole number from 0; 3.0 is one as well.
bool is_count(const json& value) {
    constexpr double end_of_exact_integers = 9007199254740992.0;  // 2^53
    if (value.is_number_integer()) {
        return value >= 0;
    }
    const auto number = value.is_number_float() ? value.get<double>() : -1.0;
    return number >= 0 && number < end_of_exact_integers && number == std::floor(number);
}

// Walks the whole schema; the first fault stops it.
class SchemaChecker {
public:
    explicit SchemaChecker(std::string_view key) : key_(key) {}

    std::optional<std::string> fault(const json& root) {
        if (!root.is_object()) {
            fail("", "must be a JSON object");
        } else {
            schema(root, "", "");
            resolve_references();
            refuse_endless_references();
        }
        return fault_;
    }

private:
    struct Reference {
        std::string from;  // the definition whose very value it describes, or empty
        std::string to;    // a JSON pointer
        std::string pointer;
    };

    void fail(std::string_view pointer, std::string_view what) {
        if (!fault_) {
            fault_ = fmt::format("{} {}: {}", key_, pointer.empty() ? "/" : pointer, what);
        }
    }

    void expect(bool holds, std::string_view pointer, std::string_view what) {
        if (!holds) {
            fail(pointer, what);
        }
    }

    // `definition` is the pointer of the definition that describes the same value as `node`.
    void schema(const json& node, const std::string& pointer, const std::string& definition) {
        if (fault_ || node.is_boolean()) {
            return;
        }
        if (!node.is_object()) {
            return fail(pointer, "must be a schema: an object, true or false");
        }
        for (const auto& [key, operand] : node.items()) {
            const auto at = pointer + "/" + pointer_token(key);
            const auto* keyword = std::ranges::find(keywords, key, &Keyword::name);
            if (keyword == keywords.end()) {
                return fail(at, unknown_keyword(key));
            }
            check(*keyword, operand, at, definition);
        }
    }

    static std::string unknown_keyword(std::string_view key) {
        std::array<std::string_view, keywords.size()> names{};
        std::ranges::transform(keywords, names.begin(), &Keyword::name);
        return fmt::format("unknown keyword '{}'{}", key, did_you_mean(key, names));
    }

    void check(
        const Keyword& keyword,
        const json& value,
        const std::string& at,
        const std::string& definition
    ) {
        switch (keyword.operand) {
            case Operand::schema: return schema(value, at, definition);
            case Operand::child_schema: return schema(value, at, "");
            case Operand::schema_list: return schema_list(value, at, definition);
            case Operand::child_schemas:
            case Operand::definitions: return schema_map(value, at, keyword.operand);
            case Operand::reference: return reference(value, at, definition);
            default: return plain_operand(keyword.operand, value, at);
        }
    }

    void plain_operand(Operand operand, const json& value, const std::string& at) {
        switch (operand) {
            case Operand::root_only: return expect(at.rfind('/') == 0, at, "belongs to the root");
            case Operand::boolean: return expect(value.is_boolean(), at, "must be true or false");
            case Operand::count: return expect(is_count(value), at, "must be an integer from 0");
            case Operand::number: return expect(value.is_number(), at, "must be a number");
            case Operand::positive_number:
                return expect(value.is_number() && value > 0, at, "must be a number above 0");
            case Operand::pattern:
                return expect(
                    value.is_string() &&
                        value.get_ref<const std::string&>().size() <= longest_pattern,
                    at,
                    fmt::format("must be text of at most {} bytes", longest_pattern)
                );
            case Operand::types: return types(value, at);
            case Operand::names:
                return expect(
                    value.is_array() && !has_duplicates(value) &&
                        std::ranges::all_of(value, [](const auto& v) { return v.is_string(); }),
                    at,
                    "must be a list of distinct strings"
                );
            case Operand::values:
                return expect(
                    value.is_array() && !value.empty(), at, "must be a list with at least one value"
                );
            default: return;
        }
    }

    void types(const json& value, const std::string& at) {
        const bool valid = value.is_array() ? !value.empty() && !has_duplicates(value) &&
                                                  std::ranges::all_of(value, is_type_name)
                                            : is_type_name(value);
        expect(valid, at, fmt::format("must be one or more of {}", fmt::join(type_names, ", ")));
    }

    void schema_list(const json& value, const std::string& at, const std::string& definition) {
        if (!value.is_array() || value.empty()) {
            return fail(at, "must be a list with at least one schema");
        }
        for (std::size_t i = 0; i < value.size(); ++i) {
            schema(value[i], fmt::format("{}/{}", at, i), definition);
        }
    }

    void schema_map(const json& value, const std::string& at, Operand operand) {
        if (!value.is_object()) {
            return fail(at, "must be an object of schemas");
        }
        const bool defines = operand == Operand::definitions;
        if (defines && at.rfind('/') != 0) {
            return fail(at, "belongs to the root");
        }
        for (const auto& [name, member] : value.items()) {
            const auto pointer = at + "/" + pointer_token(name);
            if (defines) {
                definitions_.insert(pointer);
            }
            schema(member, pointer, defines ? pointer : "");
        }
    }

    void reference(const json& value, const std::string& at, const std::string& definition) {
        if (!value.is_string() || !value.get_ref<const std::string&>().starts_with("#/")) {
            return fail(at, "must refer to '#/$defs/NAME' or '#/definitions/NAME'");
        }
        references_.push_back({definition, value.get_ref<const std::string&>().substr(1), at});
    }

    void resolve_references() {
        for (const auto& [from, to, pointer] : references_) {
            expect(
                definitions_.contains(to),
                pointer,
                fmt::format("refers to '#{}', which is not a definition of this schema", to)
            );
        }
    }

    // Definitions that refer to themselves about the same value would never come to an end.
    void refuse_endless_references() {
        std::map<std::string, std::vector<const Reference*>> from;
        for (const auto& reference : references_) {
            from[reference.from].push_back(&reference);
        }
        std::set<std::string> ended;
        for (const auto& definition : definitions_) {
            std::set<std::string> open;
            follow(definition, from, open, ended);
        }
    }

    void follow(
        const std::string& definition,
        std::map<std::string, std::vector<const Reference*>>& from,
        std::set<std::string>& open,
        std::set<std::string>& ended
    ) {
        if (fault_ || ended.contains(definition)) {
            return;
        }
        open.insert(definition);
        for (const auto* reference : from[definition]) {
            if (open.contains(reference->to)) {
                return fail(reference->pointer, "leads back to itself for the same value");
            }
            follow(reference->to, from, open, ended);
        }
        open.erase(definition);
        ended.insert(definition);
    }

    const std::string_view key_;
    std::optional<std::string> fault_;
    std::set<std::string> definitions_;
    std::vector<Reference> references_;
};

}  // namespace

Result<void> check_schema(std::string_view schema_json, std::string_view key) {
    if (auto valid = check_json(schema_json); !valid) {
        return Error{ErrorCode::invalid_input, fmt::format("{}: {}", key, valid.error().detail)};
    }
    if (auto fault = SchemaChecker(key).fault(json::parse(schema_json))) {
        return Error{ErrorCode::invalid_input, std::move(*fault)};
    }
    return {};
}

}  // namespace tenon
