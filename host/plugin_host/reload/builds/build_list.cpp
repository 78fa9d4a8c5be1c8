#include "plugin_host/reload/builds/build_list.hpp"

#include "foundation/error.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t digits = 64;
constexpr std::size_t longest_reason = 1024;

Exception unusable(const fs::path& file, int error) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format(
             "the list {} is unusable: {}; name another directory with --plugin-state",
             file.string(),
             std::generic_category().message(error)
         )}
    );
}

/// Keeps other hosts away while a list is read, changed and written.
class Turn {
public:
    explicit Turn(const fs::path& directory)
        : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (!descriptor_ || ::flock(descriptor_.get(), LOCK_EX) != 0) {
            throw unusable(directory, errno);
        }
    }

    /// Makes the names in the directory durable.
    bool sync() const { return ::fsync(descriptor_.get()) == 0; }

private:
    FileDescriptor descriptor_;
};

// One line, and no column more than there are.
std::string clean(std::string_view text) {
    auto line = to_valid_utf8(text, longest_reason);
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return line;
}

std::optional<ListedBuild> parse_line(const std::string& line) {
    std::istringstream columns(line);
    ListedBuild build;
    std::getline(columns, build.sha256, '\t');
    std::getline(columns, build.since, '\t');
    std::getline(columns, build.plugin_id, '\t');
    std::getline(columns, build.reason, '\t');
    return parse_sha256(build.sha256) ? std::optional(build) : std::nullopt;
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

}  // namespace

Result<std::string> parse_sha256(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const bool hexadecimal = lower.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (lower.size() != digits || !hexadecimal) {
        return Error{
            ErrorCode::invalid_input,
            fmt::format(
                "'{}' is not a SHA-256: write its 64 hexadecimal digits, as sha256sum does",
                to_valid_utf8(text, digits + 1)
            )
        };
    }
    return lower;
}

BuildList::BuildList(fs::path directory, std::string_view name, std::string heading)
    : directory_(std::move(directory)), file_(directory_ / name), heading_(std::move(heading)) {
    std::error_code problem;
    fs::create_directories(directory_.parent_path(), problem);
    if (::mkdir(directory_.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        throw unusable(file_, errno);
    }
    if (!fs::is_directory(directory_, problem)) {
        throw unusable(file_, ENOTDIR);
    }
    list();
}

std::vector<ListedBuild> BuildList::list() const {
    std::vector<ListedBuild> builds;
    std::error_code problem;
    const bool there = fs::exists(file_, problem);
    if (problem) {
        throw unusable(file_, problem.value());
    }
    if (!there) {
        return builds;
    }
    std::ifstream stream(file_);
    if (!stream) {
        throw unusable(file_, EACCES);
    }
    for (std::string line; std::getline(stream, line);) {
        if (auto build = parse_line(line)) {
            builds.push_back(*std::move(build));
        }
    }
    return builds;
}

std::optional<ListedBuild> BuildList::find(std::string_view sha256) const {
    const auto builds = list();
    const auto found = std::ranges::find(builds, sha256, &ListedBuild::sha256);
    return found == builds.end() ? std::nullopt : std::optional(*found);
}

void BuildList::add(std::string sha256, std::string plugin_id, std::string_view reason) {
    const Turn turn(directory_);
    auto builds = list();
    std::erase_if(builds, [&](const auto& known) { return known.sha256 == sha256; });
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    builds.push_back(
        {.sha256 = std::move(sha256),
         .since = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)),
         .plugin_id = clean(plugin_id),
         .reason = clean(reason)}
    );
    write(builds);
    if (!turn.sync()) {
        throw unusable(file_, errno);
    }
}

bool BuildList::release(std::string_view sha256) {
    const Turn turn(directory_);
    auto builds = list();
    const auto removed =
        std::erase_if(builds, [&](const auto& known) { return known.sha256 == sha256; });
    if (removed == 0) {
        return false;
    }
    write(builds);
    if (!turn.sync()) {
        throw unusable(file_, errno);
    }
    return true;
}

void BuildList::write(const std::vector<ListedBuild>& builds) const {
    std::string text = heading_ + "\n";
    for (const auto& build : builds) {
        text += fmt::format(
            "{}\t{}\t{}\t{}\n", build.sha256, build.since, build.plugin_id, build.reason
        );
    }
    const auto fresh = file_.string() + ".new";
    const FileDescriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)
    );
    if (!file || !write_all(file.get(), text) || ::fsync(file.get()) != 0 ||
        ::rename(fresh.c_str(), file_.c_str()) != 0) {
        throw unusable(file_, errno);
    }
}

}  // namespace tenon::plugin_host
