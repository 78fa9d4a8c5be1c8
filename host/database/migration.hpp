#pragma once

#include <string_view>

namespace tenon::database {

/// One forward step of the schema: a file `migrations/NNNN_name.sql`, embedded at build.
struct Migration {
    int version = 0;
    std::string_view name;
    std::string_view checksum;  ///< SHA-256 of the file, in hexadecimal.
    std::string_view text;      ///< Statements without transaction control.
};

}  // namespace tenon::database
