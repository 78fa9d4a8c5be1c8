#pragma once

#include <cstddef>

namespace tenon::app {

/// What the other end of an output can show.
struct TerminalTraits {
    bool live = false;     ///< Lines may be redrawn in place.
    bool colour = false;   ///< Escape sequences for colours are understood.
    bool unicode = false;  ///< The locale is one of UTF-8.
    std::size_t columns = 80;
    std::size_t rows = 24;

    /// How wide a line of a table may be. What goes into a file or a pipe is cut nowhere.
    std::size_t table_columns() const noexcept { return live ? columns : unlimited; }

    static constexpr std::size_t unlimited = 1'000'000;
};

/// Looks at `descriptor` and at the environment: NO_COLOR and TERM=dumb make a terminal plain.
/// Ask again for each picture, because windows change their size.
TerminalTraits terminal_traits(int descriptor);

}  // namespace tenon::app
