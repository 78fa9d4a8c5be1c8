#include "tidy/include_rules.hpp"

#include <functional>
#include <optional>
#include <regex>

namespace tenon::tidy {
namespace {

struct Include {
    std::size_t line;
    bool quoted;
    std::string target;
};

std::vector<Include> includes_of(const SourceFile& file) {
    static const std::regex pattern(R"re(^\s*#\s*include\s+(["<])([^">]+)[">])re");
    std::vector<Include> includes;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        std::smatch match;
        if (std::regex_search(file.lines[i], match, pattern)) {
            includes.push_back({i + 1, match[1].str() == "\"", match[2].str()});
        }
    }
    return includes;
}

using IncludeRule =
    std::function<std::optional<std::string>(const SourceFile& file, const Include& include)>;

Violations check_includes(const SourceTree& files, std::string_view root, const IncludeRule& rule) {
    Violations violations;
    for (const auto& file : files) {
        if (!is_code(file) || !file.path.starts_with(root)) {
            continue;
        }
        for (const auto& include : includes_of(file)) {
            if (auto message = rule(file, include)) {
                violations.push_back({file.path, include.line, std::move(*message)});
            }
        }
    }
    return violations;
}

bool allows(
    const std::map<std::string, std::set<std::string>>& arrows,
    const std::string& from,
    const std::string& to
) {
    const auto found = arrows.find(from);
    return from == to || found == arrows.end() || found->second.contains(to);
}

std::optional<std::string> against_layers(const SourceFile& file, const Include& include) {
    const auto layer = folder_at(file.path, 1);
    const auto target = folder_at(include.target, 0);
    if (!include.quoted) {
        const bool may_see_sdk = layer.empty() || layer == "plugin_host" || layer == "app";
        if (target == "tenon" && !may_see_sdk) {
            return layer + " includes the SDK; only plugin_host may";
        }
        return std::nullopt;
    }
    if (layer_arrows().contains(target) && !allows(layer_arrows(), layer, target)) {
        return layer + " reaches up or sideways into " + target;
    }
    return std::nullopt;
}

std::optional<std::string> against_flow(const SourceFile& file, const Include& include) {
    const auto role = folder_at(file.path, 1);
    const auto folder = folder_at(file.path, 2);
    const auto target = folder_at(include.target, 1);
    const bool is_role = role == "worker" || role == "orchestration";
    if (!is_role || !include.quoted || folder_at(include.target, 0) != role) {
        return std::nullopt;
    }
    // Commands are data, and the vocabulary of the actors that handle them.
    const bool vocabulary = folder == "actors" && include.target.ends_with("_command.hpp");
    if (role_arrows().contains(target) && !vocabulary && !allows(role_arrows(), folder, target)) {
        return folder + " includes " + target + ", which comes before it in the flow of a command";
    }
    return std::nullopt;
}

bool is_standard(const std::string& header) {
    static const std::set<std::string> c_headers{
        "assert.h",
        "errno.h",
        "inttypes.h",
        "limits.h",
        "math.h",
        "stdarg.h",
        "stddef.h",
        "stdint.h",
        "stdbool.h",
        "stdio.h",
        "stdlib.h",
        "string.h",
    };
    return header.find_first_of("/.") == std::string::npos || c_headers.contains(header);
}

std::optional<std::string> beyond_the_sdk(const SourceFile& file, const Include& include) {
    const bool plugin = file.path.starts_with("plugins/");
    const auto root = folder_at(include.target, 0);
    if (include.quoted) {
        const bool of_host = layer_arrows().contains(root) || root == "host";
        return of_host ? std::optional("reaches into the host: " + include.target) : std::nullopt;
    }
    const bool test = file.path.find("test") != std::string::npos;
    const bool allowed = is_standard(include.target) || root == "tenon" ||
                         (test && (root == "gtest" || root == "gmock")) ||
                         (!plugin && root == "nlohmann");
    if (allowed) {
        return std::nullopt;
    }
    return "includes <" + include.target + ">, but may use only the SDK and the standard library";
}

}  // namespace

const std::map<std::string, std::set<std::string>>& layer_arrows() {
    static const std::map<std::string, std::set<std::string>> arrows{
        {"foundation", {}},
        {"domain", {"foundation"}},
        {"database", {"domain", "foundation"}},
        {"messaging", {"database", "domain", "foundation"}},
        {"plugin_host", {"domain", "foundation"}},
        {"worker", {"plugin_host", "messaging", "database", "domain", "foundation"}},
        {"orchestration", {"messaging", "database", "domain", "foundation"}},
        {"app",
         {"orchestration", "worker", "plugin_host", "messaging", "database", "domain", "foundation"}
        },
    };
    return arrows;
}

const std::map<std::string, std::set<std::string>>& role_arrows() {
    static const std::map<std::string, std::set<std::string>> arrows{
        {"event_systems", {"commands", "actors", "services", "hydration", "dispatch"}},
        {"web", {"commands", "actors", "services", "hydration", "dispatch"}},
        {"commands", {"actors", "services", "hydration", "dispatch"}},
        {"actors", {"services", "hydration", "dispatch"}},
        {"services", {"dispatch"}},
        {"hydration", {"dispatch"}},
        {"dispatch", {}},
    };
    return arrows;
}

Violations includes_against_layers(const SourceTree& files) {
    return check_includes(files, "host/", against_layers);
}

Violations includes_against_flow(const SourceTree& files) {
    return check_includes(files, "host/", against_flow);
}

Violations includes_beyond_the_sdk(const SourceTree& files) {
    auto violations = check_includes(files, "sdk/", beyond_the_sdk);
    auto of_plugins = check_includes(files, "plugins/", beyond_the_sdk);
    violations.insert(violations.end(), of_plugins.begin(), of_plugins.end());
    return violations;
}

Violations links_against_layers(const SourceTree& files) {
    static const std::regex target(R"re(\btenon::(\w+))re");
    Violations violations;
    for (const auto& file : files) {
        const auto layer = folder_at(file.path, 1);
        if (!file.path.starts_with("host/") || name_of(file.path) != "CMakeLists.txt") {
            continue;
        }
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            std::sregex_iterator it(file.lines[i].begin(), file.lines[i].end(), target);
            for (; it != std::sregex_iterator(); ++it) {
                const auto name = (*it)[1].str();
                if (layer_arrows().contains(name) && !allows(layer_arrows(), layer, name)) {
                    violations.push_back({file.path, i + 1, layer + " links " + name});
                }
            }
        }
    }
    return violations;
}

}  // namespace tenon::tidy
