#include "app/configuration/configuration_files.hpp"

#include "foundation/suggestion.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <system_error>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

Problem problem(const fs::path& place, std::string sentence, std::string fix) {
    return {
        .origin = {.layer = Layer::base, .place = place.string()},
        .sentence = std::move(sentence),
        .fix = std::move(fix)
    };
}

std::vector<fs::path> members(const fs::path& folder, bool (*wanted)(const fs::path&)) {
    std::vector<fs::path> found;
    std::error_code failure;
    for (fs::directory_iterator it(folder, failure), end; !failure && it != end;
         it.increment(failure)) {
        if (wanted(it->path())) {
            found.push_back(it->path());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::vector<fs::path> toml_files(const fs::path& folder) {
    return members(folder, [](const fs::path& file) { return file.extension() == ".toml"; });
}

std::vector<std::string> environments_of(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : members(folder / "environments", [](const fs::path& path) {
             std::error_code failure;
             return fs::is_directory(path, failure);
         })) {
        names.push_back(entry.filename().string());
    }
    return names;
}

Problem no_environment(const fs::path& folder, const std::string& environment) {
    const auto names = environments_of(folder);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    return problem(
        folder / "environments",
        fmt::format(
            "there is no environment '{}'{}", environment, did_you_mean(environment, candidates)
        ),
        names.empty() ? std::string("make the folder of that name")
                      : fmt::format("give one of {}", fmt::join(names, ", "))
    );
}

// It becomes part of a path.
bool is_plain(const std::string& environment) {
    return environment != "." && environment != ".." &&
           environment.find('/') == std::string::npos &&
           environment.find('\0') == std::string::npos;
}

}  // namespace

ConfigurationFiles configuration_files(
    const std::filesystem::path& folder,
    const std::string& environment
) {
    ConfigurationFiles files;
    std::error_code failure;
    if (folder.empty()) {
        if (!environment.empty()) {
            files.problems.push_back(problem(
                "--env",
                fmt::format("the environment '{}' needs a configuration", environment),
                "name its folder with --config (TENON_CONFIG)"
            ));
        }
        return files;
    }
    if (fs::is_regular_file(folder, failure)) {
        files.base = {folder};
        if (!environment.empty()) {
            files.problems.push_back(problem(
                folder, "a single file has no environments", "name a folder, or leave --env out"
            ));
        }
        return files;
    }
    if (!fs::is_directory(folder / "base", failure)) {
        files.problems.push_back(problem(
            folder, "there is no such file, and no folder with base/ in it", "correct --config"
        ));
        return files;
    }
    files.base = toml_files(folder / "base");
    const auto overlay = folder / "environments" / environment;
    if (environment.empty()) {
        return files;
    }
    if (!is_plain(environment) || !fs::is_directory(overlay, failure)) {
        files.problems.push_back(no_environment(folder, environment));
        return files;
    }
    files.environment = toml_files(overlay);
    return files;
}

}  // namespace tenon::app
