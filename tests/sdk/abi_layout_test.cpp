// The ABI may grow at its ends and nowhere else: its shape today against that of v1.0.

#include "sdk/abi_comparison.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

namespace tenon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string sources = TENON_SOURCE_DIR;

std::string layout_now() {
    const std::unique_ptr<FILE, decltype(&::pclose)> program(
        ::popen(TENON_ABI_LAYOUT, "r"), &::pclose
    );
    std::string text;
    std::array<char, 4096> buffer{};
    for (auto size = std::fread(buffer.data(), 1, buffer.size(), program.get()); size > 0;
         size = std::fread(buffer.data(), 1, buffer.size(), program.get())) {
        text.append(buffer.data(), size);
    }
    return text;
}

std::string baseline() {
    return read_file(sources + "/tests/sdk/abi_v1.txt");
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
}

TEST(AbiLayout, OnlyGrowsAtItsEnds) {
    EXPECT_THAT(breaking_changes(baseline(), layout_now()), IsEmpty());
}

TEST(AbiLayout, IsCompletelyCompared) {
    const auto layout = layout_now();
    for (const std::string name : {"types", "call", "plugin", "extensions"}) {
        const auto header = read_file(sources + "/sdk/include/tenon/abi/" + name + ".h");
        EXPECT_THAT(unprinted_names(header, layout), IsEmpty()) << name;
    }
}

TEST(AbiLayout, NoticesWhatTheHeadersDoNotPrint) {
    constexpr auto header = R"(
typedef struct tenon_new {
    uint32_t size;  ///< Of it.
    const char* name;
    void (*act)(int a, int b);
} tenon_new;
enum { TENON_NEW = 1 };
)";
    EXPECT_THAT(
        unprinted_names(header, "struct tenon_new 24\nfield tenon_new.size 0 4\n"),
        ElementsAre("field tenon_new.act ", "field tenon_new.name ", "value TENON_NEW ")
    );
}

TEST(AbiComparison, AllowsWhatIsAppended) {
    auto now = replaced(baseline(), "struct tenon_step 224", "struct tenon_step 232");
    now +=
        "field tenon_step.priority 224 4\nstruct tenon_new 8\nfield tenon_new.size 0 4\n"
        "value TENON_E_NEW -8\n";
    EXPECT_THAT(breaking_changes(baseline(), now), IsEmpty());
}

TEST(AbiComparison, FailsOnEverythingElse) {
    const auto before = baseline();
    const auto changes = [&before](const std::string& what, const std::string& with) {
        return breaking_changes(before, replaced(before, what, with));
    };
    EXPECT_THAT(
        changes("field tenon_step.callable 16 16", "field tenon_step.callable 24 16"),
        ElementsAre("field tenon_step.callable is 24 16 instead of 16 16")
    );
    EXPECT_THAT(
        changes("field tenon_step.attempt 4 4\n", ""),
        ElementsAre("field tenon_step.attempt is gone")
    );
    EXPECT_THAT(
        changes("field tenon_step.attempt 4 4", "field tenon_step.attempt 4 8"),
        ElementsAre("field tenon_step.attempt is 4 8 instead of 4 4")
    );
    EXPECT_THAT(
        changes("struct tenon_step 224", "struct tenon_step 216"),
        ElementsAre("struct tenon_step has 216 bytes instead of 224")
    );
    EXPECT_THAT(
        changes("struct tenon_str 16", "struct tenon_str 24"),
        ElementsAre("struct tenon_str has 24 bytes instead of 16")
    );
    EXPECT_THAT(
        changes("value TENON_YIELD 2", "value TENON_YIELD 4"),
        ElementsAre("value TENON_YIELD is 4 instead of 2")
    );
    EXPECT_THAT(
        changes("\"tenon.events/1\"", "\"tenon.events/2\""),
        ElementsAre("value TENON_EXT_EVENTS is \"tenon.events/2\" instead of \"tenon.events/1\"")
    );
    EXPECT_THAT(
        breaking_changes(before, before + "field tenon_step.squeezed 12 4\n"),
        ElementsAre("field tenon_step.squeezed lies at 12, within what older plugins have")
    );
}

}  // namespace
}  // namespace tenon::testing
