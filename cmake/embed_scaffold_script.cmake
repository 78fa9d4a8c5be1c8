# Run by embed_scaffold() at build time: ${inputs} below ${folder}, and ${extra} → ${output}.
cmake_policy(VERSION 3.25)

set(body "")
set(count 0)
function(embed file name)
    # Read as hexadecimal, because CMake's strings would lose brackets and semicolons.
    file(READ "${file}" hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "(..)" "\\\\x\\1" escaped "${hex}")
    # Pieces, so that no literal is longer than compilers promise to take.
    set(byte "(\\\\x..)?")
    string(REGEX REPLACE "((\\\\x..)${byte}${byte}${byte}${byte}${byte}${byte}${byte})"
        "\\1\"\n        \"" escaped "${escaped}")
    string(APPEND body "    ScaffoldFile{\"${name}\", {\n        \"${escaped}\", ${size}}},\n")
    math(EXPR count "${count} + 1")
    set(body "${body}" PARENT_SCOPE)
    set(count "${count}" PARENT_SCOPE)
endfunction()

string(REPLACE "|" ";" inputs "${inputs}")
foreach(input IN LISTS inputs)
    embed("${folder}/${input}" "${input}")
endforeach()
string(REPLACE "|" ";" extra "${extra}")
list(GET extra 0 file)
list(GET extra 1 name)
embed("${file}" "${name}")

file(WRITE "${output}" "// Generated from sdk/scaffold by cmake/embed_scaffold.cmake. Do not edit.
#pragma once

#include <array>
#include <string_view>

namespace tenon::app {

struct ScaffoldFile {
    std::string_view path;
    std::string_view text;
};

inline constexpr std::array<ScaffoldFile, ${count}> scaffold_files{
${body}};

}  // namespace tenon::app
")
