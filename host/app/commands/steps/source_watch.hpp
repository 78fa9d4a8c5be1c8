#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tenon::app {

/// A number that changes when a file below one of `places` does: its name, time or size. Hidden
/// folders and those called `build` do not count.
std::uint64_t fingerprint(const std::vector<std::filesystem::path>& places);

}  // namespace tenon::app
