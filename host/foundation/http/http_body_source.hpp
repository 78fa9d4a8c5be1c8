#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace tenon {

namespace asio = boost::asio;

/// A response body that is made while it is sent, as long as the peer and the server wish. It lives
/// on the connection's strand. [loop]
class HttpBodySource {
public:
    HttpBodySource() = default;
    HttpBodySource(const HttpBodySource&) = delete;
    HttpBodySource& operator=(const HttpBodySource&) = delete;
    virtual ~HttpBodySource() = default;

    /// The next piece, which is not empty, or nothing at the end. Asked again once the piece before
    /// is on its way, so a slow peer slows the source. Not called again after it threw.
    virtual asio::awaitable<std::optional<std::string>> next() = 0;

    /// The peer has gone or the server stops: `next`, also one that waits, ends soon.
    virtual void close() = 0;
};

}  // namespace tenon
