#include "database/binary/binary_format.hpp"

#include <algorithm>

namespace tenon::database::binary {
namespace {

template <class Unsigned>
void put_big_endian(std::string& out, Unsigned value) {
    for (int shift = (static_cast<int>(sizeof value) - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU));
    }
}

// The header of an array: dimensions, null bitmap, element type, length, lower bound.
constexpr std::size_t null_flag_offset = 4;

}  // namespace

void put_int32(std::string& out, std::int32_t value) {
    put_big_endian(out, static_cast<std::uint32_t>(value));
}

void put_int64(std::string& out, std::int64_t value) {
    put_big_endian(out, static_cast<std::uint64_t>(value));
}

std::int32_t get_int32(std::string_view bytes) noexcept {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(0, sizeof value)) {
        value = (value << 8U) | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int32_t>(value);
}

boost::uuids::uuid get_uuid(std::string_view bytes) noexcept {
    boost::uuids::uuid value{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), value.size()), value.begin());
    return value;
}

BinaryParameter int4_parameter(std::int32_t value) {
    BinaryParameter parameter{.type = int4, .bytes = {}};
    put_int32(parameter.bytes, value);
    return parameter;
}

ArrayWriter::ArrayWriter(Oid array_type, Oid element_type, std::size_t size)
    : parameter_{.type = array_type, .bytes = {}} {
    put_int32(parameter_.bytes, size == 0 ? 0 : 1);
    put_int32(parameter_.bytes, 0);
    put_int32(parameter_.bytes, static_cast<std::int32_t>(element_type));
    if (size > 0) {
        put_int32(parameter_.bytes, static_cast<std::int32_t>(size));
        put_int32(parameter_.bytes, 1);
    }
}

void ArrayWriter::add_null() {
    parameter_.bytes[null_flag_offset + 3] = 1;
    put_int32(parameter_.bytes, -1);
}

void ArrayWriter::add_int4(std::int32_t value) {
    put_int32(parameter_.bytes, sizeof value);
    put_int32(parameter_.bytes, value);
}

void ArrayWriter::add_int8(std::int64_t value) {
    put_int32(parameter_.bytes, sizeof value);
    put_int64(parameter_.bytes, value);
}

void ArrayWriter::add_uuid(const boost::uuids::uuid& value) {
    put_int32(parameter_.bytes, static_cast<std::int32_t>(value.size()));
    parameter_.bytes.append(value.begin(), value.end());
}

void ArrayWriter::add_bytes(std::string_view bytes) {
    put_int32(parameter_.bytes, static_cast<std::int32_t>(bytes.size()));
    parameter_.bytes.append(bytes);
}

BinaryParameter ArrayWriter::take() && {
    return std::move(parameter_);
}

}  // namespace tenon::database::binary
