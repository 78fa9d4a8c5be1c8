# tenon_add_plugin(<name> SOURCES … [LINK …])
#
# A plugin <name>.so, in C or C++, with the flags that make it loadable and unloadable beside
# others, and a CTest test `validate_<name>` that looks for what a host would refuse; where `tenon`
# is in the PATH, another one tries the plugin out. LINK lists static libraries: a host loads one
# file and no library of the plugin's own. The file goes to TENON_PLUGIN_OUTPUT_DIRECTORY where that
# is set, else to the current binary directory.
function(tenon_add_plugin name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} MODULE ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE tenon::sdk ${arg_LINK})
    if(CMAKE_CXX_COMPILER_LOADED)
        target_compile_features(${name} PRIVATE cxx_std_20)
    endif()

    set(directory "${TENON_PLUGIN_OUTPUT_DIRECTORY}")
    if(NOT directory)
        set(directory "${CMAKE_CURRENT_BINARY_DIR}")
    endif()
    set_target_properties(${name} PROPERTIES
        PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "${directory}"
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)

    # GCC marks inline statics as unique in the process: two plugins would share them, and neither
    # could ever be unloaded.
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)

    set(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/tenon_plugin.map")
    target_link_options(${name} PRIVATE
        "LINKER:--version-script=${map}" LINKER:-z,now LINKER:-z,relro LINKER:-z,noexecstack
        LINKER:--build-id=sha1 LINKER:--exclude-libs,ALL)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${map}")
    # A sanitizer's runtime lives in the executable, out of this link's sight.
    if(NOT TENON_SANITIZE AND NOT "${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
        target_link_options(${name} PRIVATE LINKER:-z,defs)
    endif()

    add_test(NAME validate_${name}
        COMMAND "${CMAKE_COMMAND}" -D "plugin=$<TARGET_FILE:${name}>" -D "readelf=${CMAKE_READELF}"
                -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/validate_plugin.cmake")
    set_tests_properties(validate_${name} PROPERTIES LABELS plugins)

    # Where the host's own command is at hand, it tries what no look at the file can tell.
    find_program(TENON_PROGRAM tenon)
    if(TENON_PROGRAM)
        add_test(NAME validate_${name}_by_running
            COMMAND "${TENON_PROGRAM}" plugin validate "$<TARGET_FILE:${name}>")
        set_tests_properties(validate_${name}_by_running PROPERTIES LABELS plugins)
    endif()
endfunction()

# tenon_add_plugin_test(<name> SOURCES …)
#
# A GoogleTest executable over a plugin's own sources and <tenon/testing.hpp>. Without GoogleTest
# there is no target, so that a plugin builds where only its users are.
function(tenon_add_plugin_test name)
    cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
    find_package(GTest QUIET)
    if(NOT GTest_FOUND)
        message(STATUS "GoogleTest not found: ${name} is not built")
        return()
    endif()
    include(GoogleTest)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE tenon::sdk GTest::gtest_main)
    target_compile_features(${name} PRIVATE cxx_std_20)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS plugins TIMEOUT 60)
endfunction()
