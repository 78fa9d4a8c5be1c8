#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tenon::app {

/// A number that changes when a source below one of `places`, or one of them itself, does: its
/// name, time or size. What builds leave does not count: folders called `build` or `target`,
/// objects, libraries, and programs without an extension. Hidden folders do not count either.
std::uint64_t fingerprint(const std::vector<std::filesystem::path>& places);

}  // namespace tenon::app
