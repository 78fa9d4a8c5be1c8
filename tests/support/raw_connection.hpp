#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::testing {

/// What came back over a raw connection.
struct RawReply {
    unsigned status = 0;
    std::string head{};
    std::string body{};

    /// The value of a header, or "(none)".
    std::string header(std::string_view name) const;
};

/// A plain blocking socket: it can send what no proper client would. Every wait ends after 5 s.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port);
    ~RawConnection();

    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    /// False when the peer does not take it any more.
    bool send(std::string_view bytes);
    void finish_sending();

    /// The next chunk of a response whose head was received; empty for the last one, nothing when
    /// the connection ends before it.
    std::optional<std::string> receive_chunk();

    /// The next response, by its Content-Length; nothing when the connection ends before it.
    std::optional<RawReply> receive(bool with_body = true);

    /// All that comes until the peer closes, or for as long as a wait may take.
    std::string receive_all();

    /// Blocks until the peer closes; false when it sends something or stays silent instead.
    bool ends();

private:
    bool fill();
    bool fill_up_to(std::size_t size);

    int socket_ = -1;
    std::string buffered_;
};

}  // namespace tenon::testing
