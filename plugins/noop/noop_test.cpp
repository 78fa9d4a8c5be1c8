#include <tenon/testing.hpp>

#include <gtest/gtest.h>

namespace noop {
namespace {

tenon::testing::Run run(const std::string& initialization) {
    return tenon::testing::run("noop::NoopHandler", {.initialization = initialization});
}

TEST(Noop, ReturnsAnEmptyObject) {
    EXPECT_EQ(run("{}").result, "{}");
    EXPECT_EQ(run(R"({"other":1})").result, "{}");
    EXPECT_EQ(run(R"({"bytes":0})").result, "{}");
}

TEST(Noop, ReturnsAsManyBytesAsAskedFor) {
    EXPECT_EQ(run(R"({"bytes":5})").result, R"("xxx")");
    EXPECT_EQ(run(R"({"bytes":65536})").result.size(), 65536U);
}

TEST(Noop, RefusesSizesItCannotMake) {
    for (const auto* bytes : {"1", "-1", "8388609", "\"5\"", "4294967296"}) {
        const auto failed = run(std::string(R"({"bytes":)") + bytes + "}");
        ASSERT_TRUE(failed.failure) << bytes;
        EXPECT_EQ(failed.failure->code, "VALIDATION_ERROR");
        EXPECT_NE(failed.failure->message.find("initialization.bytes"), std::string::npos);
    }
}

}  // namespace
}  // namespace noop
