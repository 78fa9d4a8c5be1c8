#include "support/raw_connection.hpp"

#include <arpa/inet.h>
#include <array>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace tenon::testing {

namespace {

constexpr int receive_limit_seconds = 5;

}  // namespace

std::string RawReply::header(std::string_view name) const {
    auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) {
        return "(none)";
    }
    at += name.size() + 4;
    return head.substr(at, head.find("\r\n", at) - at);
}

RawConnection::RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = receive_limit_seconds, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own idiom.
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect to port " + std::to_string(port));
    }
}

RawConnection::~RawConnection() {
    ::close(socket_);
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawConnection::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

std::optional<RawReply> RawConnection::receive(bool with_body) {
    std::size_t end = std::string::npos;
    while ((end = buffered_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    RawReply reply{.head = buffered_.substr(0, end + 2)};
    buffered_.erase(0, end + 4);
    reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
    const auto length = reply.header("Content-Length");
    const auto size = with_body && length != "(none)" ? std::stoul(length) : 0UL;
    while (buffered_.size() < size) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    reply.body = buffered_.substr(0, size);
    buffered_.erase(0, size);
    return reply;
}

std::optional<std::string> RawConnection::receive_chunk() {
    std::size_t end = 0;
    while ((end = buffered_.find("\r\n")) == std::string::npos) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    const auto size = std::stoul(buffered_.substr(0, end), nullptr, 16);
    buffered_.erase(0, end + 2);
    if (!fill_up_to(size + 2)) {
        return std::nullopt;
    }
    auto chunk = buffered_.substr(0, size);
    buffered_.erase(0, size + 2);
    return chunk;
}

bool RawConnection::fill_up_to(std::size_t size) {
    while (buffered_.size() < size) {
        if (!fill()) {
            return false;
        }
    }
    return true;
}

std::string RawConnection::receive_all() {
    while (fill()) {
    }
    return std::exchange(buffered_, {});
}

bool RawConnection::ends() {
    char byte = 0;
    return buffered_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

bool RawConnection::fill() {
    std::array<char, 16384> bytes{};
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
        return false;
    }
    buffered_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
}

}  // namespace tenon::testing
