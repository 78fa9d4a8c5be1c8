# Run by the test validate_<name>: what a host would refuse in ${plugin}, without running it.

function(read_plugin result)
    execute_process(COMMAND "${readelf}" ${ARGN} "${plugin}"
        OUTPUT_VARIABLE text ERROR_VARIABLE problem RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${readelf} cannot read ${plugin}: ${problem}")
    endif()
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(refuse_match text pattern sentence)
    if("${text}" MATCHES "${pattern}")
        message(SEND_ERROR "${plugin}: ${sentence} (${CMAKE_MATCH_0})")
    endif()
endfunction()

function(require_match text pattern sentence)
    if(NOT "${text}" MATCHES "${pattern}")
        message(SEND_ERROR "${plugin}: ${sentence}")
    endif()
endfunction()

read_plugin(symbols --dyn-syms --wide)
read_plugin(dynamic --dynamic --wide)
read_plugin(segments --segments --wide)
read_plugin(notes --notes --wide)

require_match("${symbols}" "OBJECT +GLOBAL +DEFAULT +[0-9]+ tenon_plugin_v[0-9]"
    "exports no tenon_plugin_v1: is there a TENON_PLUGIN?")
refuse_match("${symbols}" " UNIQUE +[A-Z]+ +[0-9]+ [^\n]*"
    "exports a unique symbol, which pins it: compile with -fno-gnu-unique")
string(REGEX REPLACE "[^\n]* UND [^\n]*" "" defined "${symbols}")
string(REGEX REPLACE "[^\n]* tenon_(plugin_v|step_)[^\n]*" "" defined "${defined}")
refuse_match("${defined}" "(GLOBAL|WEAK) +DEFAULT +[0-9]+ [^\n]*"
    "exports more than tenon_plugin_v* and tenon_step_*: link with the SDK's version script")
require_match("${notes}" "Tenon +0x00000008" "has no ABI note: is there a TENON_PLUGIN?")
require_match("${notes}" "GNU_BUILD_ID|Build ID" "has no build id: link with --build-id")
require_match("${dynamic}" "BIND_NOW|Flags:.* NOW" "binds lazily: link with -z now")
refuse_match("${dynamic}" "TEXTREL" "has text relocations: compile with -fPIC")
refuse_match("${dynamic}" "STATIC_TLS" "uses static TLS: drop -ftls-model=initial-exec")
require_match("${segments}" "GNU_STACK +[x0-9a-f ]+ RW "
    "wants an executable stack: -z noexecstack")
