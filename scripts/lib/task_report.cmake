# Prints a task's document, as `tenon task get UUID --json` gives it, one line a step:
# name, state, duration in ms, value; separated by tabs. Run with -D document=FILE.

function(read_key result json key)
    string(JSON value ERROR_VARIABLE problem GET "${json}" "${key}")
    if(problem OR value STREQUAL "")
        set(value "-")
    endif()
    string(REGEX REPLACE "[\n\t ]+" " " value "${value}")
    set(${result} "${value}" PARENT_SCOPE)
endfunction()

file(READ "${document}" text)
string(JSON steps LENGTH "${text}" steps)
math(EXPR last "${steps} - 1")
foreach(index RANGE 0 ${last})
    string(JSON step GET "${text}" steps ${index})
    read_key(name "${step}" name)
    read_key(state "${step}" state)
    read_key(duration "${step}" execution_ms)
    read_key(value "${step}" result)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${name}\t${state}\t${duration}\t${value}")
endforeach()
