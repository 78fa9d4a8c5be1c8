#pragma once

#include "foundation/http/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// What pages of browsers may do (CORS). Without listed origins, nothing: a page elsewhere can
/// neither read an answer nor have anything done. [any-thread]
class CrossOrigin {
public:
    struct Options {
        std::vector<std::string> origins{};  ///< E.g. "https://ops.example.com".
        /// Refuse host names other than localhost. It keeps pages away that make their own name
        /// resolve to this machine, where nothing else asks who they are.
        bool local_names_only = false;
    };

    CrossOrigin() = default;

    /// Throws ErrorCode::invalid_input for what is no origin.
    explicit CrossOrigin(Options options);

    /// The whole answer to a request that must not reach a route: a preflight, or a refusal.
    std::optional<HttpResponse> answer(const HttpRequest& request) const;

    /// Adds what lets a page of a listed origin read the response. `origin` is that of the request,
    /// or empty.
    void permit_reading(std::string_view origin, HttpResponse& response) const;

private:
    bool is_listed(std::string_view origin) const;
    std::optional<HttpResponse> preflight(const HttpRequest& request) const;

    Options options_;
};

}  // namespace tenon
