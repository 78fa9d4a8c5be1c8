#include "app/commands/steps/source_watch.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace tenon::app {
namespace fs = std::filesystem;

namespace {

bool counts(const fs::path& folder) {
    const auto name = folder.filename().string();
    return !name.starts_with('.') && name != "build" && name != "target";
}

bool is_source(const fs::directory_entry& file) {
    static constexpr std::array<std::string_view, 4> products{".so", ".o", ".a", ".d"};
    std::error_code gone;
    const auto extension = file.path().extension().string();
    if (extension.empty()) {
        const auto mode = file.status(gone).permissions();
        return (mode & fs::perms::owner_exec) == fs::perms::none;
    }
    return std::ranges::find(products, extension) == products.end();
}

std::uint64_t fingerprint_of(const fs::directory_entry& file) {
    std::error_code gone;
    const auto time = file.last_write_time(gone).time_since_epoch().count();
    const auto size = file.file_size(gone);
    return std::hash<std::string>{
    }(file.path().string() + ' ' + std::to_string(time) + ' ' + std::to_string(size));
}

}  // namespace

std::uint64_t fingerprint(const std::vector<fs::path>& places) {
    std::uint64_t sum = 0;
    std::error_code problem;
    for (const auto& place : places) {
        if (!fs::is_directory(place, problem)) {
            sum += fingerprint_of(fs::directory_entry(place, problem));
            continue;
        }
        fs::recursive_directory_iterator entry(place, problem);
        for (const fs::recursive_directory_iterator end; !problem && entry != end;
             entry.increment(problem)) {
            if (entry->is_directory(problem) && !counts(entry->path())) {
                entry.disable_recursion_pending();
            } else if (entry->is_regular_file(problem) && is_source(*entry)) {
                sum += fingerprint_of(*entry);
            }
        }
    }
    return sum;
}

}  // namespace tenon::app
