# Targets `format` and `format-check`, over our own sources only.
file(GLOB_RECURSE formatted CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/host/*.[ch]pp" "${PROJECT_SOURCE_DIR}/sdk/*.[ch]pp"
    "${PROJECT_SOURCE_DIR}/sdk/*.h" "${PROJECT_SOURCE_DIR}/plugins/*.[ch]pp"
    "${PROJECT_SOURCE_DIR}/tests/*.[ch]pp")
find_program(clang_format NAMES clang-format-19 clang-format)
add_custom_target(format COMMAND "${clang_format}" -i ${formatted})
add_custom_target(format-check COMMAND "${clang_format}" --dry-run --Werror ${formatted})
