# embed_migrations(<target> <NNNN_name.sql>...)
#
# Turns whole migration files into `tenon::sql::migrations`, an array of {version, name, checksum,
# text} in ascending order of version, declared in the generated header "sql/migrations.hpp".

function(embed_migrations target)
    set(out_dir "${CMAKE_CURRENT_BINARY_DIR}/generated")
    set(header "${out_dir}/sql/migrations.hpp")
    set(inputs ${ARGN})
    list(SORT inputs)
    list(TRANSFORM inputs PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_migrations_script.cmake")
    string(REPLACE ";" "|" joined "${inputs}")
    add_custom_command(
        OUTPUT "${header}"
        COMMAND "${CMAKE_COMMAND}" -D "inputs=${joined}" -D "output=${header}" -P "${script}"
        DEPENDS ${inputs} "${script}"
        COMMENT "Embedding the migrations"
        VERBATIM
    )
    target_sources(${target} PRIVATE "${header}")
    target_include_directories(${target} PUBLIC "${out_dir}")
endfunction()
