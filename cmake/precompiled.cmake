# Headers parsed once for many targets. One precompiled header serves all layers of the host,
# another all tests: their command lines must agree in what the language sees.
#
# No source may need them: every header is compiled alone without any of this
# (all_verify_interface_header_sets), scripts/lint reads sources without it, and -DTENON_PCH=OFF
# builds everything without.
option(TENON_PCH "Parse the headers that most sources share only once" ON)

# An object library, because a precompiled header needs an owner that compiles something.
function(tenon_precompile name header)
    if(NOT TENON_PCH)
        return()
    endif()
    cmake_parse_arguments(arg "" "" "OPTIONS;LINK" ${ARGN})
    set(source "${CMAKE_CURRENT_BINARY_DIR}/precompiled/${name}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// Owns a precompiled header.\n" @ONLY)
    add_library(${name} OBJECT "${source}")
    target_compile_definitions(${name} PRIVATE ${tenon_asio_definitions})
    target_compile_options(${name} PRIVATE ${tenon_warnings} ${arg_OPTIONS})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # Without the time in it, it is the same file every time, and ccache can know it again.
        target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    target_link_libraries(${name} PRIVATE
        Boost::headers Boost::url fmt::fmt nlohmann_json::nlohmann_json spdlog::spdlog
        Threads::Threads ${arg_LINK})
    target_precompile_headers(${name} PRIVATE "${header}")
endfunction()

# tenon_use_precompiled(<target> <owner>): its C++ sources begin with the owner's headers.
function(tenon_use_precompiled target owner)
    if(TENON_PCH)
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
endfunction()

set(precompiled "${CMAKE_CURRENT_LIST_DIR}/precompiled")
tenon_precompile(tenon_host_headers "${precompiled}/host.hpp")
tenon_precompile(tenon_test_headers "${precompiled}/tests.hpp"
    OPTIONS ${tenon_test_options} LINK GTest::gmock)
