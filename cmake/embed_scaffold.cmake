# embed_scaffold(<target> <folder> [<file> <name>]…)
#
# Turns the files of `folder`, and further ones under a name of their own, into
# `tenon::app::scaffold_files`, an array of {path, text} in the generated header
# "app/scaffold_files.hpp".
function(embed_scaffold target folder)
    set(header "${CMAKE_CURRENT_BINARY_DIR}/generated/app/scaffold_files.hpp")
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS RELATIVE "${folder}" "${folder}/*")
    list(TRANSFORM inputs PREPEND "${folder}/" OUTPUT_VARIABLE sources)
    set(extra ${ARGN})
    list(GET extra 0 extra_file)
    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_scaffold_script.cmake")
    string(REPLACE ";" "|" joined "${inputs}")
    string(REPLACE ";" "|" extra "${extra}")
    add_custom_command(
        OUTPUT "${header}"
        COMMAND "${CMAKE_COMMAND}" -D "folder=${folder}" -D "inputs=${joined}" -D "extra=${extra}"
                -D "output=${header}" -P "${script}"
        DEPENDS ${sources} "${extra_file}" "${script}"
        COMMENT "Embedding the scaffold of plugins"
        VERBATIM
    )
    target_sources(${target} PRIVATE "${header}")
endfunction()
