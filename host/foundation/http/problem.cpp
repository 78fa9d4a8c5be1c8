#include "foundation/http/problem.hpp"

#include "foundation/json_text.hpp"
#include "foundation/telemetry/redaction.hpp"

namespace tenon {

namespace {

constexpr std::string_view retry_after_seconds = "1";

unsigned status_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_input: return 400;
        case ErrorCode::not_found: return 404;
        case ErrorCode::invalid_transition:
        case ErrorCode::conflict: return 409;
        case ErrorCode::plugin_failure: return 500;
        case ErrorCode::unavailable: return 503;
        case ErrorCode::deadline_exceeded: return 504;
    }
    return 500;
}

}  // namespace

Problem problem_of(const Error& error) {
    return {.status = status_of(error.code), .code = to_string(error.code), .detail = error.detail};
}

HttpResponse problem_response(const Problem& problem, std::string_view request_id) {
    HttpResponse response{.status = problem.status, .content_type = "application/problem+json"};
    response.body = R"({"type":"urn:tenon:problem:)" + std::string(problem.code) + R"(","title":)" +
                    json_quote(status_phrase(problem.status)) + R"(,"status":)" +
                    std::to_string(problem.status) + R"(,"detail":)" +
                    json_quote(redact(problem.detail)) + R"(,"code":)" + json_quote(problem.code) +
                    R"(,"request_id":)" + json_quote(request_id) + "}\n";
    if (problem.status == 503) {
        response.headers.emplace_back("Retry-After", retry_after_seconds);
    }
    response.log_detail = problem.detail;
    return response;
}

}  // namespace tenon
