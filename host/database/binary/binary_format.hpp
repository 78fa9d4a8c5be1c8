#pragma once

#include "database/binary/pq_connection.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::database::binary {

/// OIDs of the built-in types that the step path speaks; fixed in every PostgreSQL.
enum Oid : unsigned {
    json = 114,
    json_array = 199,
    int4 = 23,
    int4_array = 1007,
    int8 = 20,
    int8_array = 1016,
    text = 25,
    text_array = 1009,
    uuid = 2950,
    uuid_array = 2951,
};

/// Appends `value` in network byte order.
void put_int32(std::string& out, std::int32_t value);
void put_int64(std::string& out, std::int64_t value);

std::int32_t get_int32(std::string_view bytes) noexcept;
boost::uuids::uuid get_uuid(std::string_view bytes) noexcept;

BinaryParameter int4_parameter(std::int32_t value);

/// Builds a one-dimensional array element by element.
class ArrayWriter {
public:
    ArrayWriter(Oid array_type, Oid element_type, std::size_t size);

    void add_null();
    void add_int4(std::int32_t value);
    void add_int8(std::int64_t value);
    void add_uuid(const boost::uuids::uuid& value);
    void add_bytes(std::string_view bytes);

    BinaryParameter take() &&;

private:
    BinaryParameter parameter_;
};

}  // namespace tenon::database::binary
