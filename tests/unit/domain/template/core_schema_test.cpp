#include "domain/template/core_schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tenon {
namespace {

std::string resolved(std::string_view text) {
    const auto value = resolve_plain_scalar(text);
    return value ? value->dump() : value.error().detail;
}

struct Case {
    std::string_view text;
    std::string_view json;
};

TEST(CoreSchema, ResolvesPlainScalarsAsYaml12Does) {
    const std::vector<Case> cases{
        {"", "null"},
        {"~", "null"},
        {"Null", "null"},
        {"true", "true"},
        {"FALSE", "false"},
        {"yes", R"("yes")"},
        {"on", R"("on")"},
        {"tRUE", R"("tRUE")"},
        {"0", "0"},
        {"-17", "-17"},
        {"+17", "17"},
        {"017", "17"},
        {"0o17", "15"},
        {"0xFf", "255"},
        {"0b101", R"("0b101")"},
        {"1_000", R"("1_000")"},
        {"12:30", R"("12:30")"},
        {"2025-08-29", R"("2025-08-29")"},
        {"1.0", "1.0"},
        {"-.5", "-0.5"},
        {"+1.5e3", "1500.0"},
        {"1.", "1.0"},
        {"1e3", "1000.0"},
        {".", R"(".")"},
        {"1e", R"("1e")"},
        {"-", R"("-")"},
        {"1.0.0", R"("1.0.0")"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615", "18446744073709551615"},
    };
    for (const auto& [text, json] : cases) {
        EXPECT_EQ(resolved(text), json) << text;
    }
}

TEST(CoreSchema, RefusesNumbersThatJsonWouldBend) {
    const std::vector<Case> cases{
        {"18446744073709551616", "number 18446744073709551616 does not fit 64 bits, quote it"},
        {"-9223372036854775809", "number -9223372036854775809 does not fit 64 bits, quote it"},
        {"1e999", "number 1e999 does not fit a double, quote it"},
        {".inf", "number .inf does not exist in JSON, quote it"},
        {"-.INF", "number -.INF does not exist in JSON, quote it"},
        {".NaN", "number .NaN does not exist in JSON, quote it"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(resolved(text), complaint);
    }
}

// What jsonb gives back for these is the text on the right.
TEST(CoreSchema, WritesFloatsAsJsonbWillGiveThemBack) {
    EXPECT_EQ(resolved("-0.0"), "0.0");
    EXPECT_EQ(resolved("1e18"), "1000000000000000000");
    EXPECT_EQ(resolved("1e19"), "10000000000000000000");
    EXPECT_EQ(resolved("-1e18"), "-1000000000000000000");
    EXPECT_EQ(resolved("1e20"), "1e+20");
    EXPECT_EQ(resolved("100000.0"), "100000.0");
}

TEST(CoreSchema, TakesTheColonOffASymbol) {
    EXPECT_EQ(without_symbol_colon(":name"), "name");
    EXPECT_EQ(without_symbol_colon(":_x1"), "_x1");
    for (const auto* text : {"name", ":", "::Foo", ":1", ":a b", ":a-b", ""}) {
        EXPECT_EQ(without_symbol_colon(text), text);
    }
}

}  // namespace
}  // namespace tenon
