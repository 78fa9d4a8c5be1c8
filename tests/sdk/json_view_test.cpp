#include <tenon/json.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace tenon {
namespace {

JsonView view(std::string_view text) {
    return {text, "context"};
}

template <class T>
std::string refusal(std::string_view text) {
    try {
        view(text).as<T>();
        return "accepted";
    } catch (const ValidationError& error) {
        EXPECT_EQ(error.details().code, "VALIDATION_ERROR");
        EXPECT_FALSE(error.retryable());
        return error.what();
    }
}

TEST(JsonView, ReadsFieldsBehindNestedOnesAndOddSpacing) {
    const auto document =
        view(" { \"a\" : {\"b\":[1,{\"b\":\"}\\\"\"}]} ,\n\"b\":\t-7 , \"c\":null}");
    EXPECT_EQ(document.at("b").as<int>(), -7);
    EXPECT_EQ(document.at("a").at("b").elements().size(), 2U);
    EXPECT_EQ(document.at("a").at("b").elements()[1].at("b").as<std::string>(), "}\"");
    EXPECT_EQ(document.at("a").text(), R"({"b":[1,{"b":"}\""}]})");
    EXPECT_TRUE(document.at("c").is_null());
    EXPECT_FALSE(document.find("d"));
}

TEST(JsonView, NamesThePathOfWhatIsMissingOrWrong) {
    const auto document = view(R"({"order":{"items":[{"price":"dear"}]}})");
    try {
        document.at("order").at("items").elements()[0].at("price").as<double>();
        ADD_FAILURE() << "a string was read as a number";
    } catch (const ValidationError& error) {
        EXPECT_STREQ(error.what(), "context.order.items[0].price is \"dear\": expected a number");
    }
    try {
        document.at("order").at("customer");
        ADD_FAILURE() << "a missing field was found";
    } catch (const ValidationError& error) {
        EXPECT_STREQ(error.what(), "context.order.customer is required but missing");
    }
}

TEST(JsonView, ReadsIntegersExactlyAndInRange) {
    EXPECT_EQ(
        view("-9223372036854775808").as<std::int64_t>(), std::numeric_limits<std::int64_t>::min()
    );
    EXPECT_EQ(
        view("18446744073709551615").as<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max()
    );
    EXPECT_EQ(view("6.0").as<int>(), 6);
    EXPECT_EQ(view("6e2").as<int>(), 600);
    EXPECT_EQ(refusal<std::int8_t>("128"), "context is 128: expected an integer of 8 bits");
    EXPECT_EQ(refusal<std::int8_t>("128.0"), "context is 128.0: expected an integer of 8 bits");
    EXPECT_EQ(refusal<unsigned>("-1"), "context is -1: expected an integer");
    EXPECT_EQ(refusal<int>("1e300"), "context is 1e300: expected an integer");
    EXPECT_EQ(refusal<int>("6.5"), "context is 6.5: expected an integer");
    EXPECT_EQ(refusal<int>("true"), "context is true: expected an integer");
    EXPECT_EQ(refusal<bool>("1"), "context is 1: expected true or false");
    EXPECT_EQ(refusal<int>(""), "context is nothing: expected an integer");
}

TEST(JsonView, DecodesStrings) {
    EXPECT_EQ(
        view(R"("a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00z")").as<std::string>(),
        "a\"\\/\b\f\n\r\t\u00e9\u20ac\U0001F600z"
    );
    EXPECT_EQ(view(R"({"k\u0065y":1})").at("key").as<int>(), 1);
    EXPECT_EQ(view(R"([" a ",""])").as<std::vector<std::string>>()[0], " a ");
}

TEST(JsonView, NeverReadsBeyondItsText) {
    const std::string whole = R"({"a":[1,"x\u0041",{"b":true}],"c":"d"})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<long>(size));
        const auto cut = view({exact.data(), exact.size()});
        try {
            cut.find("c");
            cut.at("a").elements();
        } catch (const ValidationError&) {
            continue;  // Refusing is fine; reading a byte too many is what sanitizers would see.
        }
    }
    const std::string deep(1'000'000, '[');
    EXPECT_EQ(view(deep).text(), "");
}

TEST(JsonCodec, WritesWhatItReads) {
    EXPECT_EQ(JsonCodec<std::string>::write("a\"\\\n\x01"), R"("a\"\\\u000a\u0001")");
    EXPECT_EQ(JsonCodec<double>::write(0.1), "0.1");
    EXPECT_THROW(JsonCodec<double>::write(1.0 / 0.0), PermanentError);
    EXPECT_EQ(JsonCodec<std::vector<int>>::write({1, 2}), "[1,2]");
    EXPECT_EQ(JsonCodec<std::vector<int>>::write({}), "[]");
}

TEST(ExactInteger, IsAStringBeyondWhatADoubleHolds) {
    constexpr std::int64_t edge = std::int64_t{1} << 53;
    EXPECT_EQ(JsonCodec<ExactInteger>::write({edge}), "9007199254740992");
    EXPECT_EQ(JsonCodec<ExactInteger>::write({edge + 1}), R"("9007199254740993")");
    EXPECT_EQ(JsonCodec<ExactInteger>::write({-edge - 1}), R"("-9007199254740993")");
    EXPECT_EQ(view(R"("9007199254740993")").as<ExactInteger>().value, edge + 1);
    EXPECT_EQ(view("12").as<ExactInteger>().value, 12);
    EXPECT_EQ(
        refusal<ExactInteger>(R"("9223372036854775808")"),
        "context is \"9223372036854775808\": expected an integer of 64 bits"
    );
    EXPECT_EQ(refusal<ExactInteger>(R"("many")"), "context is \"many\": expected an integer");
}

struct Item {
    std::string sku;
    int quantity = 0;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Item, sku, quantity)

TEST(NlohmannAdapter, ReadsTreesAndTypesOfYourOwn) {
    const auto document = view(R"({"items":[{"sku":"A","quantity":2}]})");
    EXPECT_EQ(document.as<json>()["items"][0]["quantity"], 2);
    EXPECT_EQ(document.at("items").elements()[0].as<Item>().sku, "A");
    EXPECT_EQ(document.at("items").as<std::vector<Item>>()[0].quantity, 2);
    const auto refused = refusal<Item>(R"({"sku":1})");
    EXPECT_TRUE(refused.starts_with("context does not fit: ")) << refused;
    EXPECT_EQ(JsonCodec<Item>::write({"A", 2}), R"({"quantity":2,"sku":"A"})");
}

}  // namespace
}  // namespace tenon
