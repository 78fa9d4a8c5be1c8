#include "foundation/utf8.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Utf8, MeasuresTheFirstCharacter) {
    EXPECT_EQ(utf8_character_length("a"), 1U);
    EXPECT_EQ(utf8_character_length("é!"), 2U);
    EXPECT_EQ(utf8_character_length("€"), 3U);
    EXPECT_EQ(utf8_character_length("😀"), 4U);
    EXPECT_EQ(utf8_character_length("\xF4\x8F\xBF\xBF"), 4U);
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
    for (const auto* bytes :
         {"",
          "\x80",
          "\xC1\xBF",
          "\xE0\x9F\xBF",
          "\xED\xA0\x80",
          "\xF0\x8F\xBF\xBF",
          "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80",
          "\xC3",
          "\xE2\x82",
          "\xC3\x28",
          "\xFF"}) {
        EXPECT_EQ(utf8_character_length(bytes), 0U) << bytes;
    }
}

TEST(Utf8, FindsTheEndOfTheValidPrefix) {
    EXPECT_EQ(valid_utf8_prefix("aé😀"), 7U);
    EXPECT_EQ(valid_utf8_prefix("aé\xFFz"), 3U);
}

TEST(Utf8, RepairsAndCutsAtACharacter) {
    EXPECT_EQ(to_valid_utf8("a\xFF\xC3\xA9"), "a\uFFFDé");
    EXPECT_EQ(to_valid_utf8("aé😀", 6), "aé");
    EXPECT_EQ(to_valid_utf8("aé😀", 7), "aé😀");
    EXPECT_EQ(to_valid_utf8("\xFF", 2), "");
}

}  // namespace
}  // namespace tenon
