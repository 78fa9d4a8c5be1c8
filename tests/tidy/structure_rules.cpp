#include "tidy/structure_rules.hpp"

#include "tidy/include_rules.hpp"

#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <unordered_map>

namespace tenon::tidy {
namespace {

using ListFiles = std::unordered_map<std::string, std::set<std::string>>;

// The words of every CMakeLists.txt, by its folder.
ListFiles words_of_list_files(const SourceTree& files) {
    static const std::regex word(R"re([\w./+-]+)re");
    ListFiles lists;
    for (const auto& file : files) {
        if (name_of(file.path) != "CMakeLists.txt") {
            continue;
        }
        auto& words = lists[parent_of(file.path)];
        const auto text = text_of(file);
        for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it) {
            words.insert(it->str());
        }
    }
    return lists;
}

// A test may be listed by its stem, as when a loop names the executables.
bool is_listed(const SourceFile& file, const ListFiles& lists) {
    const bool may_use_stem = file.path.starts_with("tests/");
    auto folder = parent_of(file.path);
    while (!folder.empty()) {
        const auto found = lists.find(folder);
        if (found != lists.end()) {
            const auto relative = file.path.substr(folder.size() + 1);
            if (found->second.contains(relative) ||
                (may_use_stem && found->second.contains(stem_of(file.path)))) {
                return true;
            }
        }
        folder = parent_of(folder);
    }
    return false;
}

bool must_be_listed(const SourceFile& file) {
    const bool of_host =
        file.path.starts_with("host/") && is_code(file) && name_of(file.path) != "main.cpp";
    const bool test = file.path.starts_with("tests/") && file.path.ends_with("_test.cpp");
    return of_host || test;
}

// All paths that a link may lead to: files and the folders that hold them.
std::set<std::string> places_of(const SourceTree& files) {
    std::set<std::string> places;
    for (const auto& file : files) {
        for (auto place = file.path; !place.empty(); place = parent_of(place)) {
            places.insert(place);
        }
    }
    return places;
}

std::vector<std::string> links_of(const std::string& line) {
    static const std::regex link(R"re(\]\(([^)\s#]+)(#[^)\s]*)?\))re");
    static const std::regex absolute(R"re(^[a-z]+:)re");
    std::vector<std::string> links;
    for (std::sregex_iterator it(line.begin(), line.end(), link), end; it != end; ++it) {
        const auto target = (*it)[1].str();
        if (!std::regex_search(target, absolute)) {
            links.push_back(target);
        }
    }
    return links;
}

std::string resolve(const std::string& from, const std::string& link) {
    auto path = (std::filesystem::path(from).parent_path() / link).lexically_normal();
    auto text = path.generic_string();
    if (text.ends_with('/')) {
        text.pop_back();
    }
    return text;
}

}  // namespace

Violations homeless_files(const SourceTree& files) {
    const auto places = places_of(files);
    std::set<std::string> layers;
    Violations violations;
    for (const auto& file : files) {
        if (!file.path.starts_with("host/")) {
            continue;
        }
        const auto layer = folder_at(file.path, 1);
        const bool wiring = file.path == "host/main.cpp" || file.path == "host/README.md";
        if (layer_arrows().contains(layer)) {
            layers.insert(layer);
        } else if (!wiring) {
            violations.push_back({file.path, 0, "belongs to no layer"});
        }
    }
    for (const auto& layer : layers) {
        const auto readme = "host/" + layer + "/README.md";
        if (!places.contains(readme)) {
            violations.push_back({readme, 0, "every layer has a README"});
        }
    }
    return violations;
}

Violations unlisted_sources(const SourceTree& files) {
    const auto lists = words_of_list_files(files);
    Violations violations;
    for (const auto& file : files) {
        if (must_be_listed(file) && !is_listed(file, lists)) {
            violations.push_back({file.path, 0, "no CMakeLists.txt above it lists it"});
        }
    }
    return violations;
}

Violations broken_links(const SourceTree& files) {
    const auto places = places_of(files);
    Violations violations;
    for (const auto& file : files) {
        if (!file.path.ends_with(".md")) {
            continue;
        }
        bool fenced = false;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (file.lines[i].starts_with("```")) {
                fenced = !fenced;
            }
            const auto links = fenced ? std::vector<std::string>() : links_of(file.lines[i]);
            for (const auto& link : links) {
                if (!places.contains(resolve(file.path, link))) {
                    violations.push_back({file.path, i + 1, "leads nowhere: " + link});
                }
            }
        }
    }
    return violations;
}

}  // namespace tenon::tidy
