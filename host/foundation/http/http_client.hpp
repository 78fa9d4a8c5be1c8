#pragma once

#include "foundation/http/http_message.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tenon {

/// What a server answered.
struct HttpReply {
    unsigned status = 0;
    HttpFields headers{};
    std::string body{};
};

/// A blocking HTTP/1.1 client of one server, for the command line. It keeps its connection between
/// requests. With https the server's certificate must be good for the name. Not thread-safe.
class HttpClient {
public:
    struct Options {
        std::string url = "http://127.0.0.1:8080";  ///< May end in a path that prefixes all others.
        std::chrono::milliseconds connect_timeout{5'000};
        std::chrono::milliseconds timeout{30'000};  ///< For one request and its whole reply.
        std::uint64_t reply_bytes = 64 * 1024 * 1024;
        HttpFields headers{};             ///< Of every request, e.g. its credentials.
        std::filesystem::path ca_file{};  ///< PEM, for https; empty: those of this machine.
    };

    /// Throws ErrorCode::invalid_input when the URL is not one of HTTP, or the CA file is of no
    /// use.
    explicit HttpClient(Options options);
    ~HttpClient();

    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    const std::string& url() const noexcept;

    /// Any status is an answer. Throws ErrorCode::unavailable when the server cannot be reached,
    /// ErrorCode::deadline_exceeded when it does not answer in time.
    HttpReply get(std::string_view target);

    /// As `get`, with a JSON body.
    HttpReply post(std::string_view target, std::string json);

    /// As `get`, with any method, e.g. "PATCH", and a JSON body unless that is empty.
    HttpReply send(std::string_view method, std::string_view target, std::string json = {});

    /// As `get`, with further headers, for a body that does not end: of an answer with status 200
    /// each piece goes to `take` as it arrives, until that returns false. `timeout` is then for the
    /// time between two pieces. The connection ends with it.
    HttpReply stream(
        std::string_view target,
        const HttpFields& headers,
        const std::function<bool(std::string_view)>& take
    );

private:
    class Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace tenon
