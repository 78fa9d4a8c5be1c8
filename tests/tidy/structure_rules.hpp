#pragma once

#include "tidy/source_tree.hpp"

namespace tenon::tidy {

/// Files of the host outside every layer, and layers without a README.
Violations homeless_files(const SourceTree& files);

/// Sources and headers of the host that no CMakeLists.txt above them lists, and tests that none
/// mentions: they would not be built, checked or run.
Violations unlisted_sources(const SourceTree& files);

/// Relative links in Markdown that lead nowhere.
Violations broken_links(const SourceTree& files);

}  // namespace tenon::tidy
