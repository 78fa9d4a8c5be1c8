# embed_text(<target> <file> <header> <name>)
#
# Turns an ASCII file into `std::string_view tenon::app::<name>` in the generated header `header`.
function(embed_text target file header name)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/generated/${header}")
    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_text_script.cmake")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" -D "input=${file}" -D "output=${output}" -D "name=${name}"
                -P "${script}"
        DEPENDS "${file}" "${script}"
        COMMENT "Embedding ${header}"
        VERBATIM
    )
    target_sources(${target} PRIVATE "${output}")
endfunction()
