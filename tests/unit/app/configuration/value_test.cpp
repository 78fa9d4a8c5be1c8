// Values by their types: what is read, what is refused, how they are written and what is hidden.

#include "app/configuration/value.hpp"

#include "app/configuration/schema.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string refusal(const Key& key, std::string_view text) {
    const auto read = read_value(key, text);
    const auto* fault = std::get_if<Fault>(&read);
    return fault == nullptr ? "" : fault->sentence;
}

template <class T>
T value(const Key& key, std::string_view text) {
    return std::get<T>(std::get<Value>(read_value(key, text)));
}

TEST(ValueTest, ReadsIntegersWithinTheirRange) {
    const auto& slots = *key("dispatch.slots");
    EXPECT_EQ(value<std::int64_t>(slots, "1"), 1);
    EXPECT_EQ(value<std::int64_t>(slots, "10000"), 10000);
    EXPECT_EQ(refusal(slots, "0"), "0 is out of range");
    EXPECT_EQ(refusal(slots, "10001"), "10001 is out of range");
    EXPECT_EQ(refusal(slots, "12x"), "'12x' is no integer");
    EXPECT_EQ(refusal(slots, "99999999999999999999"), "'99999999999999999999' is no integer");
    const auto& memory = *key("runner.memory_mib");
    EXPECT_EQ(value<std::int64_t>(memory, "0"), 0);
    EXPECT_EQ(refusal(memory, "63"), "63 is out of range");
}

TEST(ValueTest, ReadsBooleansInTheUsualWords) {
    const auto& enabled = *key("supervisor.enabled");
    for (const auto word : {"true", "yes", "on", "1"}) {
        EXPECT_TRUE(value<bool>(enabled, word)) << word;
    }
    for (const auto word : {"false", "no", "off", "0"}) {
        EXPECT_FALSE(value<bool>(enabled, word)) << word;
    }
    EXPECT_EQ(refusal(enabled, "maybe"), "'maybe' is neither true nor false");
}

TEST(ValueTest, ReadsListsAndTablesAtCommas) {
    EXPECT_THAT(value<TextList>(*key("host.namespaces"), "a,b"), ElementsAre("a", "b"));
    EXPECT_THAT(value<TextList>(*key("host.namespaces"), ""), ElementsAre());
    EXPECT_EQ(refusal(*key("host.namespaces"), "a,,b"), "a member of the list is empty");
    EXPECT_THAT(
        value<TextTable>(*key("handler.limit"), "x::Y=3,z=4"),
        ElementsAre(Pair("x::Y", "3"), Pair("z", "4"))
    );
    EXPECT_EQ(refusal(*key("handler.limit"), "a=1,a=2"), "a is named twice");
    EXPECT_EQ(refusal(*key("handler.limit"), "a"), "'a' is not NAME=N with N from 1 to 10000");
    EXPECT_THAT(value<TextTable>(*key("plugin.map"), "a=b#c=d"), ElementsAre(Pair("a", "b#c=d")));
}

TEST(ValueTest, ChecksTextsThatHaveAForm) {
    EXPECT_EQ(refusal(*key("http.listen"), "[::1]:0"), "");
    EXPECT_THAT(refusal(*key("http.listen"), "nonsense"), ::testing::HasSubstr("nonsense"));
    EXPECT_THAT(refusal(*key("plugin.owners"), "1000,bob"), ::testing::HasSubstr("'bob'"));
    EXPECT_EQ(refusal(*key("dispatch.mode"), "hybrid"), "'hybrid' is none of its choices");
    EXPECT_EQ(refusal(*key("host.name"), std::string_view("a\0b", 3)), "the value has a zero byte");
}

TEST(ValueTest, IsWrittenAsTomlAndAsJson) {
    const auto& limit = *key("plugin.limit");
    const auto table = std::get<Value>(read_value(limit, "com.a=2,b=3"));
    EXPECT_EQ(to_toml(limit, table), R"({ b = 3, "com.a" = 2 })");
    EXPECT_EQ(to_json(limit, table), R"({"b":3,"com.a":2})");
    const auto& isolation = *key("plugin.isolation");
    EXPECT_EQ(to_toml(isolation, TextTable{{"a", "process"}}), R"({ a = "process" })");
    EXPECT_EQ(to_toml(isolation, TextTable{}), "{}");
    EXPECT_EQ(to_toml(*key("host.namespaces"), TextList{"a", "b"}), R"(["a", "b"])");
    EXPECT_EQ(to_toml(*key("dispatch.slots"), std::int64_t{7}), "7");
    EXPECT_EQ(to_toml(*key("supervisor.enabled"), false), "false");
}

TEST(ValueTest, HidesPasswordsOfConnectionStrings) {
    const auto& url = *key("database.url");
    EXPECT_EQ(
        redacted_text(url, "postgresql://bob:s3cret@db:5432/tenon"),
        "postgresql://bob:***@db:5432/tenon"
    );
    EXPECT_EQ(redacted_text(url, "postgresql://b:a/b@c@db/x"), "postgresql://b:***@db/x");
    EXPECT_EQ(redacted_text(url, "postgresql://bob@db/tenon"), "postgresql://bob@db/tenon");
    EXPECT_EQ(redacted_text(url, "host=db password='a b' user=x"), "host=db password=***");
    EXPECT_EQ(
        redacted_text(url, "postgresql://db/x?password=abc&a=b"), "postgresql://db/x?password=***"
    );
    EXPECT_EQ(redacted_text(*key("host.name"), "password=abc"), "password=abc");
}

TEST(ValueTest, HidesSecretsWhole) {
    const auto secret = schema::text("some.word", "", "a word for this test").secret();
    EXPECT_EQ(redacted_text(secret, "s3cret"), "***");
    EXPECT_EQ(std::get<std::string>(redacted(secret, std::string("s3cret"))), "***");
    const auto listed = schema::list("some.words", "words for this test").secret();
    EXPECT_EQ(std::get<std::string>(redacted(listed, TextList{"s3cret"})), "***");
}

}  // namespace
}  // namespace tenon::app
