#include "app/terminal/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tenon::app {

namespace {

constexpr std::size_t columns_min = 40;
constexpr std::size_t columns_max = 200;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it here.
    return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// The first variable that is set decides, as in the C library.
bool locale_is_utf8() {
    for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value(variable(name));
        if (value.empty()) {
            continue;
        }
        std::ranges::transform(value, value.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
    return false;
}

}  // namespace

TerminalTraits terminal_traits(int descriptor) {
    TerminalTraits traits{.unicode = locale_is_utf8()};
    const bool terminal = ::isatty(descriptor) == 1;
    traits.colour = terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
    traits.live = traits.colour;
    winsize size{};
    if (terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        traits.columns = std::clamp<std::size_t>(size.ws_col, columns_min, columns_max);
        traits.rows = std::max<std::size_t>(size.ws_row, 1);
    }
    return traits;
}

}  // namespace tenon::app
