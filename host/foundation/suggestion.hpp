#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tenon {

/// " (did you mean 'x'?)" for the candidate that `word` most likely is a misspelling of, or
/// nothing when none is near. Ready to be appended to an error sentence.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tenon
