#include "tidy/lexer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

TEST(TidyLexer, TellsCodeFromCommentsAndStrings) {
    const auto text = lex(snippet("a.cpp", "f(\"x // y\", '\"');  // g(\"z\")\nh();\n"));
    EXPECT_EQ(text.code, "f(\"      \", ' ');           \nh();\n");
    EXPECT_EQ(text.comments, "                   // g(\"z\")\n    \n");
    ASSERT_EQ(text.literals.size(), 2U);
    EXPECT_EQ(text.literals[0].text, "x // y");
}

TEST(TidyLexer, ReadsRawStringsEscapesAndBlockComments) {
    const auto text =
        lex(snippet("a.cpp", "/* \" */\na(R\"x(\")\n)x\", \"\\\"\", 1'000);\nb();\n"));
    EXPECT_EQ(text.code, "       \na(R\"x(  \n)x\", \"  \", 1'000);\nb();\n");
    ASSERT_EQ(text.literals.size(), 2U);
    EXPECT_EQ(text.literals[0].line, 2U);
    EXPECT_EQ(text.literals[0].text, "\")\n");
    EXPECT_EQ(text.literals[1].line, 3U);
}

TEST(TidyLexer, SurvivesTextThatEndsTooSoon) {
    for (const auto* text : {"\"", "'", "/*", "R\"", "R\"x(", "\"\\"}) {
        const auto file = snippet("a.cpp", text);
        EXPECT_EQ(lex(file).code.size(), text_of(file).size()) << text;
    }
}

}  // namespace
}  // namespace tenon::tidy
