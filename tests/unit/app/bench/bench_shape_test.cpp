#include "app/bench/bench_shape.hpp"

#include "domain/template/compiled_template.hpp"
#include "domain/template/template_parser.hpp"
#include "foundation/error.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;

CompiledTemplate compiled(const std::string& text) {
    return compile(parse_template(BenchShape::parse(text).at(0).yaml(), "shape.yaml").value())
        .value();
}

std::string refusal(const std::string& text) {
    try {
        BenchShape::parse(text);
    } catch (const Exception& error) {
        return error.what();
    }
    return "";
}

TEST(BenchShapeTest, HasAsManyStepsAsItSays) {
    EXPECT_EQ(compiled("chain").step_count(), 4U);
    EXPECT_EQ(compiled("chain:9").step_count(), 9U);
    EXPECT_EQ(compiled("diamond").step_count(), 4U);
    EXPECT_EQ(compiled("diamond:13").step_count(), 52U);
    EXPECT_EQ(compiled("tree:3").step_count(), 1U + 2U + 4U + 1U);
    EXPECT_EQ(compiled("wide:50").step_count(), 52U);
}

TEST(BenchShapeTest, MixedIsOneOfEach) {
    std::vector<std::string> names;
    for (const auto& shape : BenchShape::parse("mixed")) {
        names.push_back(shape.name());
    }
    EXPECT_THAT(names, ::testing::ElementsAre("chain_4", "diamond_1", "tree_3", "wide_50"));
}

TEST(BenchShapeTest, AsksEveryStepForItsPayload) {
    auto shape = BenchShape::parse("chain:2").at(0);
    EXPECT_EQ(shape.name(), "chain_2");
    EXPECT_THAT(shape.yaml(), ::testing::Not(HasSubstr("bytes")));
    shape.payload = 1024;
    EXPECT_EQ(shape.name(), "chain_2_1024") << "another template: they never change";
    EXPECT_THAT(shape.yaml(), HasSubstr("initialization: {bytes: 1024}"));
}

TEST(BenchShapeTest, RefusesWhatItCannotMake) {
    for (const auto* text :
         {"",
          "ring",
          "chain:",
          "chain:0",
          "chain:-1",
          "chain:x",
          "chain:4x",
          "chain:1001",
          "diamond:251",
          "tree:13",
          "wide:10001"}) {
        EXPECT_THAT(refusal(text), HasSubstr("'" + std::string(text) + "' is no shape; give chain"))
            << text;
    }
}

}  // namespace
}  // namespace tenon::app
