#include "app/terminal/display_text.hpp"

#include <gtest/gtest.h>

namespace tenon::app {
namespace {

TEST(DisplayText, CountsColumnsNotBytes) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("äöü"), 3U);
    EXPECT_EQ(display_width("日本"), 4U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("😀"), 2U);
    EXPECT_EQ(display_width("…━✔⠙"), 4U);
}

TEST(DisplayText, ShortensToColumns) {
    EXPECT_EQ(shorten("abcdef", 6, "…"), "abcdef");
    EXPECT_EQ(shorten("abcdef", 5, "…"), "abcd…");
    EXPECT_EQ(shorten("abcdef", 5, "..."), "ab...");
    EXPECT_EQ(shorten("日本語", 5, "…"), "日本…");
    EXPECT_EQ(shorten("日本語", 4, "…"), "日…");
    EXPECT_EQ(shorten("abcdef", 0, "…"), "");
    EXPECT_EQ(shorten("abcdef", 3, {}), "abc");
}

TEST(DisplayText, PadsByColumns) {
    EXPECT_EQ(pad_right("日", 4), "日  ");
    EXPECT_EQ(pad_left("é", 3), "  é");
    EXPECT_EQ(pad_right("long", 2), "long");
}

TEST(DisplayText, DisarmsWhatATerminalObeys) {
    EXPECT_EQ(printable("a\x1b[31mb"), "a\uFFFD[31mb");
    EXPECT_EQ(printable("a\nb\tc\rd"), "a b c d");
    EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\uFFFD\uFFFD");
    EXPECT_EQ(printable("\u009b2J"), "\uFFFD2J");
    EXPECT_EQ(printable("\u202egpj.exe"), "\uFFFDgpj.exe");
    EXPECT_EQ(printable("\xff ok"), "\uFFFD ok");
    EXPECT_EQ(printable("grüße 日本 😀"), "grüße 日本 😀");
}

TEST(DisplayText, WrapsAtSpacesWhereThereAreAny) {
    using Lines = std::vector<std::string>;
    EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
    EXPECT_EQ(wrap("one two three", 6), (Lines{"one", "two", "three"}));
    EXPECT_EQ(wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
    EXPECT_EQ(wrap("日本語", 2), (Lines{"日", "本", "語"}));
    EXPECT_EQ(wrap("日", 1), (Lines{"日"}));
    EXPECT_EQ(wrap("", 5), Lines{});
}

}  // namespace
}  // namespace tenon::app
