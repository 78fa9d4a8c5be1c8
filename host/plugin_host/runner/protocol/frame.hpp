#pragma once

#include "foundation/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// What a frame between a host and a runner says. docs/isolation.md has the whole conversation.
enum class FrameType : std::uint8_t {
    // From the host.
    load = 1,    ///< The build to load; the first frame.
    call = 2,    ///< Run a handler.
    answer = 3,  ///< To the last request of the running call.
    // From the runner.
    hello = 16,      ///< The build is loaded: its handlers.
    refused = 17,    ///< It cannot be: why.
    result = 18,     ///< The call ended with JSON,
    failure = 19,    ///< or with a failure,
    yielded = 20,    ///< or at a checkpoint.
    heartbeat = 21,  ///< Requests of a running call, each of which gets an answer.
    checkpoint = 22,
    event = 23,
    result_of = 24,
    log = 25,  ///< A line of log of the running call; no answer.
};

/// Eight bytes before each payload: its size, the type, a zero, the call that the frame belongs to.
struct FrameHeader {
    static constexpr std::size_t bytes = 8;

    FrameType type{};
    std::uint32_t size = 0;  ///< Of the payload.
    std::uint16_t call = 0;  ///< 0 outside of calls.
};

/// The most that a payload of this type may weigh; 0 for what is no type.
std::size_t largest_payload(FrameType type) noexcept;

/// The error says what is wrong with it: an unknown type, or a size that no such frame has.
Result<FrameHeader> read_header(std::span<const char, FrameHeader::bytes> bytes);

/// Makes one frame in a buffer that its owner keeps for the next ones.
class FrameWriter {
public:
    FrameWriter(std::string& buffer, FrameType type, std::uint16_t call);

    FrameWriter& u8(std::uint8_t value);
    FrameWriter& u32(std::uint32_t value);
    FrameWriter& u64(std::uint64_t value);
    FrameWriter& i64(std::int64_t value);
    FrameWriter& f64(double value);

    /// Bytes as they are, after their length.
    FrameWriter& text(std::string_view bytes);

    /// The frame, in the buffer. The error names the size of one that is too large to be sent.
    Result<std::string_view> finish();

private:
    FrameWriter& raw(const void* bytes, std::size_t size);

    std::string& buffer_;
    FrameType type_;
    std::uint16_t call_;
};

/// Reads a payload that anybody may have written. What is not there reads as zero or as nothing,
/// and makes `complete` false for good.
class FrameReader {
public:
    explicit FrameReader(std::string_view payload) noexcept : rest_(payload) {}

    std::uint8_t u8() noexcept;
    std::uint32_t u32() noexcept;
    std::uint64_t u64() noexcept;
    std::int64_t i64() noexcept;
    double f64() noexcept;

    /// Bytes of the payload itself.
    std::string_view text() noexcept;

    /// A count of entries of which each takes `smallest` bytes or more.
    std::uint32_t count(std::size_t smallest) noexcept;

    /// Everything was there, and nothing is left over.
    bool complete() const noexcept { return sound_ && rest_.empty(); }

private:
    std::string_view take(std::size_t size) noexcept;

    std::string_view rest_;
    bool sound_ = true;
};

}  // namespace tenon::plugin_host
