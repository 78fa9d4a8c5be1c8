#pragma once

#include "tidy/source_tree.hpp"

#include <map>
#include <set>
#include <string>

namespace tenon::tidy {

/// The layers of the host and what each may see besides itself: the diagram of
/// docs/architecture.md. What is absent matters most: worker and orchestration never meet.
const std::map<std::string, std::set<std::string>>& layer_arrows();

/// Inside a role, what each folder may include besides itself, so that the flow of a command stays
/// a line.
const std::map<std::string, std::set<std::string>>& role_arrows();

/// Layers of the host include only what stands below them; only plugin_host sees the SDK.
Violations includes_against_layers(const SourceTree& files);

/// Folders of a role include only what comes after them in the flow.
Violations includes_against_flow(const SourceTree& files);

/// The SDK and the plugins include nothing of the host; plugins nothing but the SDK, the standard
/// library, their own files and, in their tests, GoogleTest.
Violations includes_beyond_the_sdk(const SourceTree& files);

/// The layers' CMake targets link only what stands below them.
Violations links_against_layers(const SourceTree& files);

}  // namespace tenon::tidy
