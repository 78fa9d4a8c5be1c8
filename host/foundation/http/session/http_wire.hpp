#pragma once

#include "foundation/http/http_limits.hpp"
#include "foundation/http/http_message.hpp"
#include "foundation/http/problem.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <string_view>

namespace tenon {

using WireRequest = boost::beast::http::request<boost::beast::http::string_body>;
using WireResponse = boost::beast::http::response<boost::beast::http::string_body>;
using WireHeader = boost::beast::http::response<boost::beast::http::empty_body>;

/// The header of a parsed message as handlers see it, without its target.
HttpRequest take_head(const WireRequest& message);

/// Fills path and query of `request` from the message it came from. The problem says what makes
/// the message unacceptable although it parses.
std::optional<Problem> take_target(const WireRequest& message, HttpRequest& request);

/// The problem with a request that could not be read; nothing when the peer simply went away.
std::optional<Problem> problem_with(boost::system::error_code failure, const HttpLimits& limits);

/// The message that carries `response` back; `keep_alive` is what it says about the connection.
WireResponse wire_response(
    const HttpResponse& response,
    std::string_view request_id,
    bool keep_alive
);

/// The header of a response whose body follows in chunks.
WireHeader wire_header(const HttpResponse& response, std::string_view request_id, bool keep_alive);

}  // namespace tenon
