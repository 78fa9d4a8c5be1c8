# Run by embed_migrations() at build time: ${inputs} (SQL files, |-separated) → ${output} (header).
cmake_policy(VERSION 3.25)

string(REPLACE "|" ";" inputs "${inputs}")
list(LENGTH inputs count)
set(body "")
foreach(input IN LISTS inputs)
    cmake_path(GET input STEM stem)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
        message(FATAL_ERROR "migration ${input} is not named NNNN_name.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "^0+" "" version "${CMAKE_MATCH_1}")
    if(version IN_LIST versions)
        message(FATAL_ERROR "two migrations have the version ${version}")
    endif()
    list(APPEND versions "${version}")
    file(SHA256 "${input}" checksum)
    file(READ "${input}" text)
    string(APPEND body "    Migration{${version}, \"${name}\",\n        \"${checksum}\",\n")
    string(APPEND body "        R\"migration(${text})migration\"},\n")
endforeach()

set(note "// Generated from migrations/*.sql by cmake/embed_migrations.cmake. Do not edit.")
file(WRITE "${output}" "${note}
#pragma once

#include \"database/migration.hpp\"

#include <array>

namespace tenon::sql {

using database::Migration;

inline constexpr std::array<Migration, ${count}> migrations{
${body}};

}  // namespace tenon::sql
")
