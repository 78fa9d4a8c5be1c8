# Targets `format` and `format-check`, and the test tidy.format, over our own sources only.
# Versions of clang-format disagree, so only 19 will do.
file(GLOB_RECURSE formatted CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/host/*.[ch]pp" "${PROJECT_SOURCE_DIR}/sdk/*.[ch]pp"
    "${PROJECT_SOURCE_DIR}/sdk/*.h" "${PROJECT_SOURCE_DIR}/plugins/*.[ch]pp"
    "${PROJECT_SOURCE_DIR}/tests/*.[ch]pp")
# These become sources when their names are filled in.
list(FILTER formatted EXCLUDE REGEX "/sdk/scaffold/")
find_program(clang_format NAMES clang-format-19 REQUIRED)
set(format_check "${clang_format}" --dry-run --Werror --ferror-limit=1 ${formatted})
add_custom_target(format COMMAND "${clang_format}" -i ${formatted})
add_custom_target(format-check COMMAND ${format_check} VERBATIM)

add_test(NAME tidy.format COMMAND ${format_check})
set_tests_properties(tidy.format PROPERTIES LABELS tidy TIMEOUT 120)
