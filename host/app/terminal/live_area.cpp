#include "app/terminal/live_area.hpp"

namespace tenon::app {

namespace {

constexpr const char* hide_cursor = "\x1b[?25l";
constexpr const char* show_cursor = "\x1b[?25h";
constexpr const char* erase_to_line_end = "\x1b[K";
constexpr const char* erase_below = "\x1b[J";

}  // namespace

LiveArea::LiveArea(std::ostream& out) : out_(out) {
    out_ << hide_cursor << std::flush;
}

LiveArea::~LiveArea() {
    out_ << show_cursor << std::flush;
}

void LiveArea::draw(const std::vector<std::string>& lines) {
    std::string frame;
    if (drawn_ > 0) {
        frame += "\x1b[" + std::to_string(drawn_) + "A\r";
    }
    for (const auto& line : lines) {
        frame += line;
        frame += erase_to_line_end;
        frame += '\n';
    }
    frame += erase_below;
    out_ << frame << std::flush;
    drawn_ = lines.size();
}

}  // namespace tenon::app
