#include "sdk/abi_comparison.hpp"

#include <cstdint>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace tenon::testing {
namespace {

struct Layout {
    std::map<std::string, std::uint64_t> structs;  // Name and size.
    std::map<std::string, std::string> facts;      // "field x.y" or "value Z", and the rest.
    std::map<std::string, std::uint64_t> offsets;  // "x.y".
};

Layout parse(std::string_view text) {
    Layout layout;
    std::istringstream lines{std::string(text)};
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string kind;
        std::string name;
        std::string rest;
        words >> kind >> name;
        std::getline(words >> std::ws, rest);
        if (kind == "struct") {
            layout.structs[name] = std::stoull(rest);
            continue;
        }
        layout.facts[kind + ' ' + name] = rest;
        if (kind == "field") {
            layout.offsets[name] = std::stoull(rest);
        }
    }
    return layout;
}

void compare_structs(const Layout& before, const Layout& now, std::vector<std::string>& changes) {
    static const std::set<std::string> fixed{"tenon_str", "tenon_dependency"};
    for (const auto& [name, size] : before.structs) {
        const auto found = now.structs.find(name);
        if (found == now.structs.end()) {
            changes.push_back("struct " + name + " is gone");
        } else if (found->second < size || (fixed.contains(name) && found->second != size)) {
            changes.push_back(
                "struct " + name + " has " + std::to_string(found->second) + " bytes instead of " +
                std::to_string(size)
            );
        }
    }
}

// A new field in the padding or in reserved room of a struct would be read as present in every
// plugin that exists.
void compare_new_fields(
    const Layout& before,
    const Layout& now,
    std::vector<std::string>& changes
) {
    for (const auto& [name, offset] : now.offsets) {
        const auto owner = before.structs.find(name.substr(0, name.find('.')));
        if (!before.offsets.contains(name) && owner != before.structs.end() &&
            offset < owner->second) {
            changes.push_back(
                "field " + name + " lies at " + std::to_string(offset) +
                ", within what older plugins have"
            );
        }
    }
}

}  // namespace

std::vector<std::string> breaking_changes(std::string_view baseline, std::string_view now) {
    const auto before = parse(baseline);
    const auto after = parse(now);
    std::vector<std::string> changes;
    compare_structs(before, after, changes);
    for (const auto& [name, fact] : before.facts) {
        const auto found = after.facts.find(name);
        if (found == after.facts.end()) {
            changes.push_back(name + " is gone");
        } else if (found->second != fact) {
            changes.push_back(name + " is " + found->second + " instead of " + fact);
        }
    }
    compare_new_fields(before, after, changes);
    return changes;
}

std::vector<std::string> unprinted_names(std::string_view header, std::string_view layout) {
    static const std::regex comment("//[^\n]*");
    static const std::regex structure(R"re(typedef struct (\w+) \{([\s\S]*?)\n\} \1;)re");
    static const std::regex enumerator(R"re(\b(TENON_[A-Z_]+) = )re");
    const auto text = std::regex_replace(std::string(header), comment, "");
    std::vector<std::string> missing;
    const auto require = [&](const std::string& words) {
        if (layout.find(words) == std::string_view::npos) {
            missing.push_back(words);
        }
    };
    for (std::sregex_iterator it(text.begin(), text.end(), structure), end; it != end; ++it) {
        require("struct " + (*it)[1].str() + ' ');
        const auto body = (*it)[2].str();
        // Parameters of functions are no fields: a function ends at its own semicolon.
        static const std::regex function(R"re(\(\*(\w+)\)\([^;]*\);)re");
        static const std::regex data(R"re((\w+);)re");
        for (std::sregex_iterator at(body.begin(), body.end(), function); at != end; ++at) {
            require("field " + (*it)[1].str() + '.' + (*at)[1].str() + ' ');
        }
        const auto rest = std::regex_replace(body, function, "");
        for (std::sregex_iterator at(rest.begin(), rest.end(), data); at != end; ++at) {
            require("field " + (*it)[1].str() + '.' + (*at)[1].str() + ' ');
        }
    }
    for (std::sregex_iterator it(text.begin(), text.end(), enumerator), end; it != end; ++it) {
        require("value " + (*it)[1].str() + ' ');
    }
    return missing;
}

}  // namespace tenon::testing
