#include "foundation/json_slice.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

JsonSlice slice(std::string_view text) {
    return JsonSlice::parse(text).value();
}

TEST(JsonSlice, KeepsEveryDigitOfANumber) {
    constexpr std::string_view text =
        R"({"big": 63340286662973277706162286946811886609896461828096 , "tiny":1.50e-400})";

    EXPECT_EQ(slice(text).find("big")->raw(), "63340286662973277706162286946811886609896461828096");
    EXPECT_EQ(slice(text).find("tiny")->raw(), "1.50e-400");
}

TEST(JsonSlice, ListsMembersInTheirOrderWithTheirText) {
    const auto members =
        slice(R"( {"b" : [1, {"x":"]}"}] , "a\n\u00e4":"\"}" ,"c":{}} )").members();

    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[0].first, "b");
    EXPECT_EQ(members[0].second.raw(), R"([1, {"x":"]}"}])");
    EXPECT_EQ(members[1].first, "a\nä");
    EXPECT_EQ(members[1].second.raw(), R"("\"}")");
    EXPECT_EQ(members[1].second.string(), "\"}");
    EXPECT_EQ(members[2].second.raw(), "{}");
    EXPECT_TRUE(members[2].second.members().empty());
}

TEST(JsonSlice, ListsElements) {
    const auto elements = slice(R"([ 1,"a,b" ,[2,3],null, {"k":[]} ])").elements();

    ASSERT_EQ(elements.size(), 5U);
    EXPECT_EQ(elements[0].raw(), "1");
    EXPECT_EQ(elements[1].raw(), "\"a,b\"");
    EXPECT_EQ(elements[2].elements().size(), 2U);
    EXPECT_EQ(elements[3].kind(), JsonKind::null);
    EXPECT_EQ(elements[4].kind(), JsonKind::object);
    EXPECT_TRUE(slice("[]").elements().empty());
    EXPECT_TRUE(slice("[ ]").elements().empty());
}

TEST(JsonSlice, ReadsScalarsOnlyAsWhatTheyAre) {
    EXPECT_EQ(slice("-42").integer(), -42);
    EXPECT_EQ(slice("9223372036854775807").integer(), INT64_MAX);
    EXPECT_EQ(slice("9223372036854775808").integer(), std::nullopt);
    EXPECT_EQ(slice("1.0").integer(), std::nullopt);
    EXPECT_EQ(slice("\"1\"").integer(), std::nullopt);
    EXPECT_EQ(slice("true").boolean(), true);
    EXPECT_EQ(slice("false").boolean(), false);
    EXPECT_EQ(slice("null").boolean(), std::nullopt);
    EXPECT_EQ(slice("1").string(), std::nullopt);
    EXPECT_EQ(slice(R"("\ud83d\ude00\\")").string(), "😀\\");
}

TEST(JsonSlice, DropsWhiteSpaceOutsideStringsOnly) {
    EXPECT_EQ(
        slice("{ \"a b\" : [ 1 ,\n 2 ],\t\"c\\\" d\" : \" \" }").compact(),
        R"({"a b":[1,2],"c\" d":" "})"
    );
}

TEST(JsonSlice, RefusesWhatIsNotJson) {
    EXPECT_FALSE(JsonSlice::parse("{\"a\":1,}").has_value());
    EXPECT_FALSE(JsonSlice::parse("").has_value());
    EXPECT_FALSE(JsonSlice::parse("[[1]]", {.max_depth = 1}).has_value());
}

}  // namespace
}  // namespace tenon
