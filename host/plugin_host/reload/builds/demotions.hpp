#pragma once

#include "plugin_host/reload/builds/build_list.hpp"

#include <utility>

namespace tenon::plugin_host {

/// The builds that took a host down: until they are promoted again, their handlers run in processes
/// of their own.
class Demotions : public BuildList {
public:
    explicit Demotions(std::filesystem::path directory)
        : BuildList(
              std::move(directory),
              "demoted",
              "# Builds that hosts of this directory run in processes of their own."
          ) {}
};

}  // namespace tenon::plugin_host
