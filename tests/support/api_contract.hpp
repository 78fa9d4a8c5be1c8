#pragma once

#include "foundation/http/http_client.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// What `/openapi.json` promises, read from the source tree. A value. [any-thread]
class ApiContract {
public:
    /// One method of one path.
    struct Operation {
        std::string method;      ///< Upper case.
        std::string path;        ///< With its `{names}`.
        std::string permission;  ///< Empty: open to everybody.
    };

    static const ApiContract& instance();

    std::vector<Operation> operations() const;

    /// What is wrong with a reply, in one sentence; empty when it keeps the promise. Only requests
    /// to paths that are promised can be answered otherwise than by a problem.
    std::string violation(std::string_view method, std::string_view target, const HttpReply& reply)
        const;

    /// Where `value` is not what `schema` allows, as a JSON pointer and a reason; empty: nowhere.
    std::string mismatch(
        const nlohmann::json& schema,
        const nlohmann::json& value,
        const std::string& at = "#"
    ) const;

private:
    explicit ApiContract(nlohmann::json document) : document_(std::move(document)) {}

    const nlohmann::json* find(std::string_view method, std::string_view target) const;
    std::string object_mismatch(
        const nlohmann::json& schema,
        const nlohmann::json& value,
        const std::string& at
    ) const;
    std::string body_mismatch(const nlohmann::json& response, const HttpReply& reply) const;

    nlohmann::json document_;
};

/// A client as HttpClient, which fails the test when a reply is not what `/openapi.json` promises.
class ApiClient {
public:
    explicit ApiClient(HttpClient::Options options) : client_(std::move(options)) {}

    HttpReply get(std::string_view target) { return send("GET", target); }

    HttpReply post(std::string_view target, std::string json) {
        return send("POST", target, std::move(json));
    }

    HttpReply send(std::string_view method, std::string_view target, std::string json = {});

    HttpReply stream(
        std::string_view target,
        const HttpFields& headers,
        const std::function<bool(std::string_view)>& take
    ) {
        return client_.stream(target, headers, take);
    }

    const std::string& url() const noexcept { return client_.url(); }

private:
    HttpClient client_;
};

}  // namespace tenon::testing
