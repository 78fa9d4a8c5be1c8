#include "foundation/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

namespace tenon {
namespace {

using namespace std::string_literals;

std::string verdict(std::string_view text, JsonLimits limits = {}) {
    const auto result = check_json(text, limits);
    return result.has_value() ? "ok" : result.error().detail;
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

TEST(CheckJson, TakesEveryKindOfValue) {
    for (const auto* text :
         {"null",
          "true",
          " false ",
          "0",
          "-0.5e+10",
          "12E3",
          R"("")",
          R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀")",
          "[]",
          "[ ]",
          "{ }",
          R"([1,[2,{"a":[]}],{}])",
          "{\"a\":{\"b\":1},\n\t\"c\":[true,null]}"}) {
        EXPECT_EQ(verdict(text), "ok") << text;
    }
}

struct BadText {
    std::string text;
    std::string complaint;
};

TEST(CheckJson, NamesTheFaultAndItsByte) {
    const std::vector<BadText> cases{
        {"", "byte 0: the text ends too early"},
        {"  ", "byte 2: the text ends too early"},
        {"[1,", "byte 3: the text ends too early"},
        {"[1,]", "byte 3: expected a value"},
        {"[1 2]", "byte 3: expected ',' or ']'"},
        {"[1}", "byte 2: expected ',' or ']'"},
        {R"({"a":1)", "byte 6: expected ',' or '}'"},
        {R"({"a" 1})", "byte 5: expected ':' after the key"},
        {R"({"a":1,})", "byte 7: expected a key in double quotes"},
        {"{a:1}", "byte 1: expected a key in double quotes"},
        {"nul", "byte 0: expected a value"},
        {"NaN", "byte 0: expected a value"},
        {"'a'", "byte 0: expected a value"},
        {"1 2", "byte 2: text after the end of the value"},
        {"{}x", "byte 2: text after the end of the value"},
        {"\xEF\xBB\xBF{}", "byte 0: expected a value"},
        {"01", "byte 0: a number needs digits and no leading zero"},
        {"-", "byte 0: a number needs digits and no leading zero"},
        {"[1.]", "byte 1: a number needs digits after its decimal point"},
        {"1e+", "byte 0: a number needs digits in its exponent"},
        {R"("abc)", "byte 0: a string without its closing quote"},
        {"\"a\nb\"", "byte 2: an unescaped control character in a string"},
        {"\"a\0b\""s, "byte 2: an unescaped control character in a string"},
        {R"("\x41")", "byte 1: an unknown escape in a string"},
        {R"("\)", "byte 1: an unknown escape in a string"},
        {R"("\u12G4")", "byte 1: \\u needs four hexadecimal digits"},
        {R"("\u12)", "byte 1: \\u needs four hexadecimal digits"},
        {R"(["ok","\u0000"])", "byte 7: \\u0000 cannot be stored, leave it out"},
        {R"("\ud83d")", "byte 1: a lone surrogate"},
        {R"("\ud83d\u0041")", "byte 1: a lone surrogate"},
        {R"("\ude00\ud83d")", "byte 1: a lone surrogate"},
        {"\"\xC0\x80\"", "byte 1: invalid UTF-8"},
        {"\"a\xED\xA0\x80\"", "byte 2: invalid UTF-8"},
        {"\"\xF4\x90\x80\x80\"", "byte 1: invalid UTF-8"},
        {"\"\xE2\x82\"", "byte 1: invalid UTF-8"},
        {"[\"\xE2\x82", "byte 2: invalid UTF-8"},
        {"[\xE2]", "byte 1: expected a value"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(verdict(text), "invalid JSON at " + complaint) << text;
    }
}

TEST(CheckJson, RefusesWhatPostgresCannotHoldAsANumber) {
    EXPECT_EQ(verdict("1e131071"), "ok");
    EXPECT_EQ(verdict("1e-16383"), "ok");
    const auto refused =
        "invalid JSON at byte 0: a number beyond the range of PostgreSQL's numeric"s;
    EXPECT_EQ(verdict("1e131072"), refused);
    EXPECT_EQ(verdict("0.1e-16383"), refused);
    EXPECT_EQ(verdict("1e99999999999999999999"), refused);
    EXPECT_EQ(verdict(repeated("9", 131073)), refused);
}

TEST(CheckJson, BoundsSizeAndDepth) {
    EXPECT_EQ(verdict("[1]", {.max_bytes = 3}), "ok");
    EXPECT_EQ(verdict("[1] ", {.max_bytes = 3}), "JSON of 4 bytes is above the limit of 3 bytes");
    EXPECT_EQ(verdict(repeated("[", 128) + repeated("]", 128)), "ok");
    EXPECT_EQ(
        verdict(repeated("[", 129) + repeated("]", 129)),
        "invalid JSON at byte 128: nested deeper than 128 levels"
    );
    EXPECT_EQ(
        verdict(repeated(R"({"a":)", 1'000'000)),
        "invalid JSON at byte 640: nested deeper than 128 levels"
    );
    EXPECT_EQ(
        verdict(repeated("[", 2000), {.max_depth = 100'000}),
        "invalid JSON at byte 1024: nested deeper than 1024 levels"
    );
}

// The scanner is our own, so it is held against another parser on damaged documents.
TEST(CheckJson, AgreesWithAnotherParserOnMutatedText) {
    const std::string seed =
        R"({"name":"é😀\u00e9\ud83d\ude00","n":[0,-1.5e3,12E+2,true,false,null,{},[]],)"
        R"("o":{"k":"\"\\"}})";
    const std::string alphabet = "{}[],:\"\\u0123456789abcdefeE+-.tn \n\xC3\xA9\xED\xA0\xF0";
    std::mt19937 random(20260101);
    int accepted = 0;
    for (int round = 0; round < 40'000; ++round) {
        auto text = seed;
        for (auto edits = 1 + random() % 3; edits > 0; --edits) {
            const auto at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = alphabet[random() % alphabet.size()]; break;
                case 1: text.erase(at, 1 + random() % 4); break;
                default: text.insert(at, 1, alphabet[random() % alphabet.size()]); break;
            }
        }
        const auto result = check_json(text);
        const bool no_nul = text.find("\\u0000") == std::string::npos;
        // The other parser refuses numbers that a double cannot hold; PostgreSQL does not.
        if (no_nul && nlohmann::json::accept(text) != result.has_value()) {
            EXPECT_TRUE(result.has_value() && text.find_first_of("eE") != std::string::npos)
                << text << "\n"
                << verdict(text);
        }
        accepted += result.has_value() ? 1 : 0;
    }
    EXPECT_GT(accepted, 2'000);
}

TEST(JsonQuote, EscapesWhatJsonReserves) {
    EXPECT_EQ(json_quote(""), R"("")");
    EXPECT_EQ(json_quote("plain é😀"), "\"plain é😀\"");
    EXPECT_EQ(json_quote("a\"b\\c\n\r\t\x01\x1f/"), R"("a\"b\\c\n\r\t\u0001\u001f/")");
}

TEST(JsonQuote, ReplacesBytesThatNoJsonCanCarry) {
    EXPECT_EQ(json_quote("a\0b"s), "\"a\uFFFDb\"");
    EXPECT_EQ(json_quote("\xFF\xE2\x82"), "\"\uFFFD\uFFFD\uFFFD\"");
}

TEST(JsonQuote, IsValidJsonForAnyBytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 2'000; ++round) {
        std::string bytes(random() % 40, '\0');
        for (auto& byte : bytes) {
            byte = static_cast<char>(random());
        }
        EXPECT_EQ(verdict(json_quote(bytes)), "ok");
    }
}

}  // namespace
}  // namespace tenon
