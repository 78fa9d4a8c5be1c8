#include "app/terminal/palette.hpp"

#include <algorithm>
#include <array>

namespace tenon::app {

namespace {

struct StateLook {
    std::string_view state;
    std::string_view unicode;
    std::string_view ascii;
    Tone tone;
};

constexpr std::array looks{
    // Steps.
    StateLook{"pending", "○", ".", Tone::faint},
    StateLook{"enqueued", "◌", ":", Tone::plain},
    StateLook{"in_progress", "●", "*", Tone::busy},
    StateLook{"enqueued_for_orchestration", "◍", "*", Tone::busy},
    StateLook{"enqueued_as_error_for_orchestration", "◍", "*", Tone::waiting},
    StateLook{"waiting_for_retry", "↻", "~", Tone::waiting},
    StateLook{"complete", "✔", "+", Tone::good},
    StateLook{"error", "✘", "!", Tone::bad},
    StateLook{"cancelled", "⊘", "-", Tone::stopped},
    StateLook{"resolved_manually", "✔", "+", Tone::stopped},
    // Tasks.
    StateLook{"steps_in_process", "●", "*", Tone::busy},
    StateLook{"evaluating_results", "●", "*", Tone::busy},
    StateLook{"enqueuing_steps", "●", "*", Tone::busy},
    StateLook{"waiting_for_dependencies", "○", ".", Tone::faint},
    StateLook{"blocked_by_failures", "✘", "!", Tone::bad},
};

constexpr std::array<std::string_view, 10>
    unicode_spinner{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr std::array<std::string_view, 4> ascii_spinner{"|", "/", "-", "\\"};

constexpr Glyphs unicode_glyphs{
    .ellipsis = "…",
    .separator = "·",
    .branch = "├ ",
    .last_branch = "└ ",
    .arrow = "↳ ",
    .bar_done = "━",
    .bar_open = "─"
};
constexpr Glyphs ascii_glyphs{
    .ellipsis = "...",
    .separator = "-",
    .branch = "|-",
    .last_branch = "`-",
    .arrow = "> ",
    .bar_done = "#",
    .bar_open = "."
};

std::string_view escape_of(Tone tone) noexcept {
    switch (tone) {
        case Tone::plain: return "";
        case Tone::strong: return "\x1b[1m";
        case Tone::faint: return "\x1b[2m";
        case Tone::good: return "\x1b[32m";
        case Tone::busy: return "\x1b[36m";
        case Tone::waiting: return "\x1b[33m";
        case Tone::bad: return "\x1b[31m";
        case Tone::stopped: return "\x1b[35m";
    }
    return "";
}

const StateLook* look_of(std::string_view state) noexcept {
    const auto* const found = std::ranges::find(looks, state, &StateLook::state);
    return found == looks.end() ? nullptr : found;
}

}  // namespace

std::string Palette::paint(Tone tone, std::string_view text) const {
    const auto escape = escape_of(tone);
    if (!colour_ || escape.empty() || text.empty()) {
        return std::string(text);
    }
    return std::string(escape) + std::string(text) + "\x1b[0m";
}

const Glyphs& glyphs(bool unicode) noexcept {
    return unicode ? unicode_glyphs : ascii_glyphs;
}

std::string_view state_glyph(std::string_view state, bool unicode, unsigned frame) noexcept {
    if (state == "in_progress" && frame > 0) {
        return unicode ? unicode_spinner[frame % unicode_spinner.size()]
                       : ascii_spinner[frame % ascii_spinner.size()];
    }
    const auto* look = look_of(state);
    if (look == nullptr) {
        return "?";
    }
    return unicode ? look->unicode : look->ascii;
}

Tone state_tone(std::string_view state) noexcept {
    const auto* look = look_of(state);
    return look == nullptr ? Tone::plain : look->tone;
}

}  // namespace tenon::app
