# tenon_layer(<name> HEADERS … SOURCES … DEPENDS … [EXTERNAL …])
#
# One static library per host layer. DEPENDS is the whole truth about which layers it may see; the
# linker, the header verification and tests/tidy enforce it. EXTERNAL lists third-party targets.
function(tenon_layer name)
    cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;DEPENDS;EXTERNAL" ${ARGN})
    add_library(tenon_${name} STATIC ${arg_SOURCES})
    add_library(tenon::${name} ALIAS tenon_${name})
    list(TRANSFORM arg_HEADERS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    target_sources(tenon_${name} PUBLIC
        FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/host" FILES ${arg_HEADERS})
    target_compile_options(tenon_${name} PRIVATE ${tenon_warnings})
    target_link_libraries(tenon_${name} PUBLIC ${arg_DEPENDS} ${arg_EXTERNAL})
    tenon_use_precompiled(tenon_${name} tenon_host_headers)
endfunction()

# tenon_test_library(<name> SOURCES … LINK …): what several test executables share.
function(tenon_test_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_library(tenon_${name} STATIC ${arg_SOURCES})
    add_library(tenon::${name} ALIAS tenon_${name})
    target_include_directories(tenon_${name} PUBLIC "${PROJECT_SOURCE_DIR}/tests")
    target_compile_options(tenon_${name} PRIVATE ${tenon_warnings} ${tenon_test_options})
    target_compile_definitions(tenon_${name} PRIVATE
        TENON_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TENON_BINARY_DIR="${PROJECT_BINARY_DIR}")
    target_link_libraries(tenon_${name} PUBLIC ${arg_LINK})
    tenon_use_precompiled(tenon_${name} tenon_test_headers)
endfunction()

# tenon_test(<name> LABELS … SOURCES … LINK … [TIMEOUT s] [COST s] [SERIAL]
#            [OPTIMISED] [HOSTLESS])
#
# One GoogleTest executable; each of its tests becomes a CTest test with the given labels. COST: how
# long its tests take, where that is so long that they should begin before others. SERIAL: its
# bounds on time mean something only while no other test runs. OPTIMISED: it computes so much that
# the compiler's effort pays. HOSTLESS: it links nothing of the host.
function(tenon_test name)
    cmake_parse_arguments(arg
        "SERIAL;OPTIMISED;HOSTLESS" "TIMEOUT;COST" "LABELS;SOURCES;LINK" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    if(NOT arg_COST)
        set(arg_COST 0)
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    target_compile_options(${name} PRIVATE ${tenon_warnings})
    target_compile_definitions(${name} PRIVATE
        TENON_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TENON_BINARY_DIR="${PROJECT_BINARY_DIR}")
    target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
    if(NOT arg_OPTIMISED)
        target_compile_options(${name} PRIVATE ${tenon_test_options})
        if(NOT arg_HOSTLESS)  # which has the definitions of what Asio declares
            tenon_use_precompiled(${name} tenon_test_headers)
        endif()
    endif()
    foreach(label IN LISTS arg_LABELS)
        add_dependencies(tests_${label} ${name})
    endforeach()
    gtest_discover_tests(${name}
        DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} COST ${arg_COST}
            RUN_SERIAL ${arg_SERIAL})
endfunction()
