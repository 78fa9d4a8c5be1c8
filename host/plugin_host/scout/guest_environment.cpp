#include "plugin_host/scout/guest_environment.hpp"

#include <string_view>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

bool is_for_the_host(std::string_view variable) {
    const auto value = variable.substr(variable.find('=') + 1);
    return variable.starts_with("TENON_") || variable.starts_with("PG") ||
           value.find("postgres://") != std::string_view::npos ||
           value.find("postgresql://") != std::string_view::npos;
}

}  // namespace

std::vector<char*> guest_environment() {
    std::vector<char*> kept;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        if (!is_for_the_host(*entry)) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

}  // namespace tenon::plugin_host
