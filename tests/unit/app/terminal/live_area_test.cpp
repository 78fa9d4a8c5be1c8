#include "app/terminal/live_area.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tenon::app {
namespace {

TEST(LiveArea, DrawsOverWhatItDrewBeforeAndGivesTheCursorBack) {
    std::ostringstream out;
    {
        LiveArea area(out);
        EXPECT_EQ(out.str(), "\x1b[?25l");
        out.str("");

        area.draw({"one", "two"});
        EXPECT_EQ(out.str(), "one\x1b[K\ntwo\x1b[K\n\x1b[J");
        out.str("");

        area.draw({"three"});
        EXPECT_EQ(out.str(), "\x1b[2A\rthree\x1b[K\n\x1b[J");
        out.str("");

        area.draw({});
        EXPECT_EQ(out.str(), "\x1b[1A\r\x1b[J");
        out.str("");
    }
    EXPECT_EQ(out.str(), "\x1b[?25h");
}

}  // namespace
}  // namespace tenon::app
