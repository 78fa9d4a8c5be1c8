# Compiler, linker, cache and sanitizers: everything about how, nothing about what.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: build the host "
                        "with clang 19 (cmake --preset release, or "
                        "-DCMAKE_CXX_COMPILER=clang++-19)")
endif()

find_program(ccache ccache)
if(ccache)
    # Sloppy only in what a precompiled header makes it doubt: whether __TIME__ or a macro matters.
    # What a file depends on it learns from the compiler, without preprocessing everything first.
    set(ccache env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros "${ccache}")
    set(CMAKE_C_COMPILER_LAUNCHER "${ccache}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${ccache}")
endif()

find_program(mold mold)
if(mold)
    add_link_options(-fuse-ld=mold)
endif()

set(TENON_SANITIZE "" CACHE STRING "Sanitizers for host, SDK and plugins, e.g. address,undefined")
if(TENON_SANITIZE)
    # -fsanitize=function needs the type metadata of C callbacks that plugins do not carry.
    add_compile_options(-fsanitize=${TENON_SANITIZE} -fno-sanitize-recover=undefined
                        -fno-sanitize=function -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${TENON_SANITIZE})
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(tenon_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

# Tests are compiled about as often as they run: what they test is optimised, they are not. All are
# as position-independent as executables, their libraries too: they share a precompiled header.
set(tenon_test_options -fPIE $<$<CONFIG:RelWithDebInfo>:-O0>)
