#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::app {

/// What a piece of text means to the eye.
enum class Tone : std::uint8_t { plain, strong, faint, good, busy, waiting, bad, stopped };

/// Colours for tones, or none at all.
class Palette {
public:
    explicit Palette(bool colour) noexcept : colour_(colour) {}

    std::string paint(Tone tone, std::string_view text) const;

private:
    bool colour_;
};

/// The marks that pictures are made of, in Unicode or in ASCII.
struct Glyphs {
    std::string_view ellipsis;
    std::string_view separator;
    std::string_view branch;       ///< Before a step that others of its level follow.
    std::string_view last_branch;  ///< Before the last step of its level.
    std::string_view arrow;        ///< Before an error.
    std::string_view bar_done;
    std::string_view bar_open;
};

const Glyphs& glyphs(bool unicode) noexcept;

/// The mark of a step's state; an unknown state has one too. `frame` turns that of a running step.
std::string_view state_glyph(std::string_view state, bool unicode, unsigned frame) noexcept;

/// The tone of a state of a step or a task.
Tone state_tone(std::string_view state) noexcept;

}  // namespace tenon::app
