#pragma once

#include "foundation/error.hpp"
#include "foundation/http/http_message.hpp"

#include <string>
#include <string_view>

namespace tenon {

/// A refusal in the form of RFC 9457 (`application/problem+json`).
struct Problem {
    unsigned status = 500;
    std::string_view code;  ///< For machines, e.g. "not_found"; it outlives the problem.
    std::string detail{};   ///< A sentence for people.
};

/// The problem that an error of the product makes over HTTP.
Problem problem_of(const Error& error);

/// The response for `problem`: `{type,title,status,detail,code,request_id}`. A 503 also says after
/// how many seconds to come back.
HttpResponse problem_response(const Problem& problem, std::string_view request_id);

}  // namespace tenon
