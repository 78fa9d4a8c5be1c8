#include "support/api_contract.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>

namespace tenon::testing {

using nlohmann::json;

namespace {

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

/// How many segments are literally the same; nothing when the path does not match.
std::optional<std::size_t> match(const std::string& pattern, std::string_view path) {
    const auto wanted = segments_of(pattern);
    const auto given = segments_of(path);
    std::size_t literal = 0;
    for (std::size_t i = 0; i < wanted.size() && i < given.size(); ++i) {
        const bool named = wanted[i].starts_with('{') && wanted[i].ends_with('}');
        if (wanted[i] == given[i]) {
            ++literal;
        } else if (!named || given[i].empty()) {
            return std::nullopt;
        }
    }
    return wanted.size() == given.size() ? std::optional(literal) : std::nullopt;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower;
}

bool is_of_type(const json& value, const std::string& type) {
    return (type == "null" && value.is_null()) || (type == "string" && value.is_string()) ||
           (type == "boolean" && value.is_boolean()) || (type == "array" && value.is_array()) ||
           (type == "object" && value.is_object()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
}

bool is_of_types(const json& value, const json& types) {
    return types.is_string() ? is_of_type(value, types)
                             : std::ranges::any_of(types, [&](const json& one) {
                                   return is_of_type(value, one);
                               });
}

std::string header_of(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (lower_case(key) == name) {
            return value;
        }
    }
    return {};
}

}  // namespace

const ApiContract& ApiContract::instance() {
    static const ApiContract contract(
        json::parse(std::ifstream(std::string(TENON_SOURCE_DIR) + "/host/app/openapi/openapi.json"))
    );
    return contract;
}

std::vector<ApiContract::Operation> ApiContract::operations() const {
    std::vector<Operation> operations;
    for (const auto& [path, methods] : document_.at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            auto upper = method;
            std::ranges::transform(upper, upper.begin(), [](unsigned char c) {
                return std::toupper(c);
            });
            operations.push_back({upper, path, operation.value("x-permission", "")});
        }
    }
    return operations;
}

const json* ApiContract::find(std::string_view method, std::string_view target) const {
    const auto path = target.substr(0, target.find('?'));
    const json* best = nullptr;
    std::size_t most = 0;
    for (const auto& [pattern, methods] : document_.at("paths").items()) {
        const auto literal = match(pattern, path);
        const auto operation = methods.find(lower_case(method == "HEAD" ? "GET" : method));
        if (literal && operation != methods.end() && (best == nullptr || *literal > most)) {
            best = &*operation;
            most = *literal;
        }
    }
    return best;
}

std::string ApiContract::violation(
    std::string_view method,
    std::string_view target,
    const HttpReply& reply
) const {
    const auto* operation = find(method, target);
    const auto status = std::to_string(reply.status);
    json response = {{"$ref", "#/components/responses/Problem"}};
    if (operation != nullptr) {
        const auto& responses = operation->at("responses");
        if (!responses.contains(status)) {
            return "status " + status + " is not described";
        }
        response = responses.at(status);
    } else if (reply.status < 400) {
        return "the path is not described, but was answered with " + status;
    }
    if (response.contains("$ref")) {
        const json::json_pointer pointer(response.at("$ref").get<std::string>().substr(1));
        response = document_.at(pointer);
    }
    if (header_of(reply, "x-request-id").empty()) {
        return "there is no X-Request-Id";
    }
    return method == "HEAD" ? "" : body_mismatch(response, reply);
}

std::string ApiContract::body_mismatch(const json& response, const HttpReply& reply) const {
    if (!response.contains("content")) {
        return reply.body.empty() ? "" : "it has a body, and none is described";
    }
    const auto& [media, content] = *response.at("content").items().begin();
    const auto type = header_of(reply, "content-type");
    if (type.substr(0, type.find(';')) != media) {
        return "its type is '" + type + "', not " + media;
    }
    if (!media.ends_with("json")) {
        return {};
    }
    const auto body = json::parse(reply.body, nullptr, false);
    return body.is_discarded() ? "its body is no JSON" : mismatch(content.at("schema"), body);
}

std::string ApiContract::mismatch(const json& schema, const json& value, const std::string& at)
    const {
    if (const auto reference = schema.find("$ref"); reference != schema.end()) {
        const json::json_pointer pointer(reference->get<std::string>().substr(1));
        return mismatch(document_.at(pointer), value, at);
    }
    if (schema.contains("type") && !is_of_types(value, schema.at("type"))) {
        return at + " is not of type " + schema.at("type").dump() + ": " + value.dump();
    }
    const auto values = schema.value("enum", json::array());
    if (schema.contains("enum") && std::ranges::find(values, value) == values.end()) {
        return at + " is none of the values: " + value.dump();
    }
    if (schema.contains("const") && schema.at("const") != value) {
        return at + " is not " + schema.at("const").dump() + ": " + value.dump();
    }
    if (schema.contains("pattern") &&
        !std::regex_search(value.get<std::string>(), std::regex(schema.at("pattern")))) {
        return at + " does not match: " + value.dump();
    }
    if (schema.contains("anyOf")) {
        std::string last;
        for (const auto& choice : schema.at("anyOf")) {
            const auto why = mismatch(choice, value, at);
            if (why.empty()) {
                return {};
            }
            last = value.is_null() || last.empty() ? why : last;
        }
        return last;
    }
    if (value.is_array() && schema.contains("items")) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            const auto why = mismatch(schema.at("items"), value[i], at + "/" + std::to_string(i));
            if (!why.empty()) {
                return why;
            }
        }
    }
    return value.is_object() ? object_mismatch(schema, value, at) : "";
}

std::string ApiContract::object_mismatch(
    const json& schema,
    const json& value,
    const std::string& at
) const {
    for (const auto& name : schema.value("required", json::array())) {
        if (!value.contains(name.get<std::string>())) {
            return at + " has no member " + name.dump();
        }
    }
    const auto properties = schema.value("properties", json::object());
    const auto others = schema.value("additionalProperties", json(true));
    for (const auto& [name, member] : value.items()) {
        const auto inner = at + "/" + name;
        std::string why;
        if (properties.contains(name)) {
            why = mismatch(properties.at(name), member, inner);
        } else if (others.is_object()) {
            why = mismatch(others, member, inner);
        } else if (others == false) {
            why = inner + " is not described";
        }
        if (!why.empty()) {
            return why;
        }
    }
    return {};
}

HttpReply ApiClient::send(std::string_view method, std::string_view target, std::string json) {
    auto reply = client_.send(method, target, std::move(json));
    const auto violation = ApiContract::instance().violation(method, target, reply);
    if (!violation.empty()) {
        ADD_FAILURE() << method << " " << target
                      << " broke the contract of openapi.json: " << violation << "\n"
                      << reply.body.substr(0, 2000);
    }
    return reply;
}

}  // namespace tenon::testing
