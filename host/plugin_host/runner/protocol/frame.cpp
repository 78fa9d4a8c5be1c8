#include "plugin_host/runner/protocol/frame.hpp"

#include "plugin_host/calls/call_limits.hpp"

#include <cstring>
#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

// For what goes along with a text of limited size.
constexpr std::size_t margin = std::size_t{64} * 1024;

template <class Number>
Number number_in(std::string_view bytes) noexcept {
    Number number{};
    if (bytes.size() == sizeof number) {
        std::memcpy(&number, bytes.data(), sizeof number);
    }
    return number;
}

}  // namespace

std::size_t largest_payload(FrameType type) noexcept {
    switch (type) {
        case FrameType::load: return margin;
        case FrameType::call: return 1024 * mebibyte;
        case FrameType::answer: return 64 * mebibyte;
        case FrameType::hello: return 16 * mebibyte;
        case FrameType::refused: return margin;
        case FrameType::result: return call_limits::result.max_bytes + margin;
        case FrameType::failure: return call_limits::context.max_bytes + margin;
        case FrameType::yielded: return 16;
        case FrameType::heartbeat: return margin;
        case FrameType::checkpoint: return call_limits::checkpoint.max_bytes + margin;
        case FrameType::event: return call_limits::event.max_bytes + margin;
        case FrameType::result_of: return margin;
        case FrameType::log: return call_limits::context.max_bytes + margin;
    }
    return 0;
}

Result<FrameHeader> read_header(std::span<const char, FrameHeader::bytes> bytes) {
    const std::string_view text(bytes.data(), bytes.size());
    const FrameHeader header{
        .type = static_cast<FrameType>(number_in<std::uint8_t>(text.substr(4, 1))),
        .size = number_in<std::uint32_t>(text.substr(0, 4)),
        .call = number_in<std::uint16_t>(text.substr(6, 2))
    };
    const auto largest = largest_payload(header.type);
    if (largest == 0 || text[5] != 0) {
        return Error{
            ErrorCode::plugin_failure,
            fmt::format("a frame of unknown type {}", static_cast<unsigned>(header.type))
        };
    }
    if (header.size > largest) {
        return Error{
            ErrorCode::plugin_failure,
            fmt::format(
                "a frame of type {} with {} bytes, more than {}",
                static_cast<unsigned>(header.type),
                header.size,
                largest
            )
        };
    }
    return header;
}

FrameWriter::FrameWriter(std::string& buffer, FrameType type, std::uint16_t call)
    : buffer_(buffer), type_(type), call_(call) {
    buffer_.assign(FrameHeader::bytes, '\0');
}

FrameWriter& FrameWriter::u8(std::uint8_t value) {
    return raw(&value, sizeof value);
}

FrameWriter& FrameWriter::u32(std::uint32_t value) {
    return raw(&value, sizeof value);
}

FrameWriter& FrameWriter::u64(std::uint64_t value) {
    return raw(&value, sizeof value);
}

FrameWriter& FrameWriter::i64(std::int64_t value) {
    return raw(&value, sizeof value);
}

FrameWriter& FrameWriter::f64(double value) {
    return raw(&value, sizeof value);
}

FrameWriter& FrameWriter::text(std::string_view bytes) {
    // A longer one makes the frame too large in any case.
    u32(static_cast<std::uint32_t>(bytes.size()));
    buffer_.append(bytes);
    return *this;
}

Result<std::string_view> FrameWriter::finish() {
    const auto size = buffer_.size() - FrameHeader::bytes;
    if (size > largest_payload(type_)) {
        return Error{
            ErrorCode::invalid_input,
            fmt::format("{} bytes are more than the {} of a call", size, largest_payload(type_))
        };
    }
    const auto size32 = static_cast<std::uint32_t>(size);
    const auto type8 = static_cast<std::uint8_t>(type_);
    std::memcpy(buffer_.data(), &size32, sizeof size32);
    std::memcpy(buffer_.data() + 4, &type8, sizeof type8);
    std::memcpy(buffer_.data() + 6, &call_, sizeof call_);
    return std::string_view(buffer_);
}

FrameWriter& FrameWriter::raw(const void* bytes, std::size_t size) {
    buffer_.append(static_cast<const char*>(bytes), size);
    return *this;
}

std::uint8_t FrameReader::u8() noexcept {
    return number_in<std::uint8_t>(take(sizeof(std::uint8_t)));
}

std::uint32_t FrameReader::u32() noexcept {
    return number_in<std::uint32_t>(take(sizeof(std::uint32_t)));
}

std::uint64_t FrameReader::u64() noexcept {
    return number_in<std::uint64_t>(take(sizeof(std::uint64_t)));
}

std::int64_t FrameReader::i64() noexcept {
    return number_in<std::int64_t>(take(sizeof(std::int64_t)));
}

double FrameReader::f64() noexcept {
    return number_in<double>(take(sizeof(double)));
}

std::string_view FrameReader::text() noexcept {
    const auto size = u32();
    return take(size);
}

std::uint32_t FrameReader::count(std::size_t smallest) noexcept {
    const auto wanted = u32();
    if (wanted > rest_.size() / smallest) {
        sound_ = false;
        return 0;
    }
    return wanted;
}

std::string_view FrameReader::take(std::size_t size) noexcept {
    if (!sound_ || size > rest_.size()) {
        sound_ = false;
        return {};
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

}  // namespace tenon::plugin_host
