#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// What `now` changes in `baseline`, both as abi_layout prints them, that is no append: a sentence
/// for each. Appended are new structs and values, and fields of a known struct beyond its former
/// end; tenon_str and tenon_dependency, which lie in arrays and in other structs, may never grow.
std::vector<std::string> breaking_changes(std::string_view baseline, std::string_view now);

/// What `header` declares, as names, that `layout` does not print: fields and enumerators that the
/// comparison would not see.
std::vector<std::string> unprinted_names(std::string_view header, std::string_view layout);

}  // namespace tenon::testing
