#pragma once

#include "plugin_host/reload/builds/build_list.hpp"

#include <utility>

namespace tenon::plugin_host {

/// The builds that this host never loads again until they are released.
class Quarantine : public BuildList {
public:
    explicit Quarantine(std::filesystem::path directory)
        : BuildList(
              std::move(directory),
              "quarantine",
              "# Builds that no host of this directory loads."
          ) {}
};

using QuarantinedBuild = ListedBuild;

}  // namespace tenon::plugin_host
