// Graphs of steps as pictures: lanes for a terminal, Mermaid, Graphviz and what it makes of it.

#include "app/graph/step_drawing.hpp"

#include "app/commands/task_console.hpp"
#include "app/graph/graphviz.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace tenon::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr TerminalTraits unicode{.unicode = true};
constexpr TerminalTraits ascii{};

StepDrawing diamond() {
    return {
        "shop/order@1.0.0",
        {{.name = "start"},
         {.name = "left", .dependencies = {"start"}},
         {.name = "right", .dependencies = {"start"}},
         {.name = "end", .dependencies = {"left", "right"}}}
    };
}

TEST(StepDrawingTest, DrawsADiamondWithLanes) {
    EXPECT_THAT(
        draw_lanes(diamond(), unicode),
        ElementsAre("●    start", "├─╮", "● │  left", "│ ●  right", "├─╯", "●    end")
    );
    EXPECT_THAT(
        draw_lanes(diamond(), ascii),
        ElementsAre("*    start", "+-+", "* |  left", "| *  right", "+-+", "*    end")
    );
}

TEST(StepDrawingTest, DrawsAChainInOneLane) {
    const StepDrawing chain(
        "",
        {{.name = "a"}, {.name = "b", .dependencies = {"a"}}, {.name = "c", .dependencies = {"b"}}}
    );
    EXPECT_THAT(draw_lanes(chain, unicode), ElementsAre("●  a", "●  b", "●  c"));
}

TEST(StepDrawingTest, LetsLanesCrossThatHaveNothingToDoWithEachOther) {
    const StepDrawing drawing(
        "",
        {{.name = "a"},
         {.name = "b"},
         {.name = "c", .dependencies = {"a"}},
         {.name = "d", .dependencies = {"a", "b"}}}
    );
    EXPECT_THAT(
        draw_lanes(drawing, unicode),
        ElementsAre("●      a", "├─╮", "│ │ ●  b", "● │ │  c", "  ├─╯", "  ●    d")
    );
}

TEST(StepDrawingTest, PutsEveryStepAfterItsDependencies) {
    const StepDrawing drawing("", {{.name = "late", .dependencies = {"early"}}, {.name = "early"}});
    EXPECT_EQ(drawing.steps()[0].name, "early");
    EXPECT_THAT(drawing.dependencies(1), ElementsAre(0U));
    EXPECT_THAT(drawing.successors(0), ElementsAre(1U));
}

TEST(StepDrawingTest, LeavesOutWhatCannotBeDrawn) {
    const StepDrawing drawing(
        "",
        {{.name = "a", .dependencies = {"b", "nowhere", "a"}}, {.name = "b", .dependencies = {"a"}}}
    );
    EXPECT_THAT(drawing.steps().size(), 2U);
    EXPECT_THAT(drawing.dependencies(0), IsEmpty());
    EXPECT_THAT(drawing.dependencies(1), ElementsAre(0U));
    EXPECT_THAT(draw_lanes({"", {}}, unicode), IsEmpty());
}

TEST(StepDrawingTest, ListsAGraphThatIsTooWideForLanes) {
    std::vector<DrawnStep> steps{{.name = "start"}};
    for (int i = 0; i < 200; ++i) {
        steps.push_back({.name = "s" + std::to_string(i), .dependencies = {"start"}});
    }
    const auto lines = draw_lanes({"", std::move(steps)}, unicode);
    ASSERT_EQ(lines.size(), 201U);
    EXPECT_EQ(lines[0], "start");
    EXPECT_EQ(lines[200], "s199  after start");
}

TEST(StepDrawingTest, ShowsTheStatesOfATask) {
    const StepDrawing drawing(
        "",
        {{.name = "a", .state = "complete"}, {.name = "b", .state = "error", .dependencies = {"a"}}}
    );
    const auto lines = draw_lanes(drawing, unicode);
    EXPECT_THAT(lines[0], HasSubstr("✔  a  complete"));
    EXPECT_THAT(lines[1], HasSubstr("b  error"));
}

TEST(StepDrawingTest, IsMermaid) {
    EXPECT_EQ(
        mermaid_text(diamond()),
        "---\ntitle: \"shop/order@1.0.0\"\n---\nflowchart TD\n"
        "    s1[\"start\"]\n    s2[\"left\"]\n    s3[\"right\"]\n    s4[\"end\"]\n"
        "    s1 --> s2\n    s1 --> s3\n    s2 --> s4\n    s3 --> s4\n"
    );
    const auto text = mermaid_text({"t", {{.name = "a\"<b>", .state = "error"}}});
    EXPECT_THAT(text, HasSubstr("s1[\"a#quot;#lt;b><br>error\"]"));
    EXPECT_THAT(text, HasSubstr("style s1 fill:#ffcdd2"));
}

TEST(StepDrawingTest, IsADigraph) {
    const auto text = dot_text(diamond());
    EXPECT_THAT(text, StartsWith("digraph \"shop/order@1.0.0\" {\n"));
    EXPECT_THAT(text, AllOf(HasSubstr("s1 -> s2;"), HasSubstr("s3 -> s4;")));
    EXPECT_THAT(
        dot_text({"t", {{.name = "a\"\\b", .callable = "x::Y"}}}),
        HasSubstr("s1 [label=\"a\\\"\\\\b\\nx::Y\"];")
    );
}

/// A search path with nothing but one program in it.
class GraphvizTest : public ::testing::Test {
protected:
    GraphvizTest() { ::setenv("PATH", directory_.path().c_str(), 1); }

    ~GraphvizTest() override { ::setenv("PATH", before_.c_str(), 1); }

    void install(const std::string& script) {
        const auto file = directory_.write("dot", "#!/bin/sh\n" + script);
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    static std::string failure() {
        try {
            svg_by_dot("digraph {}");
            return "";
        } catch (const CommandFailure& error) {
            EXPECT_EQ(error.exit_code(), ExitCode::host_error);
            return error.what();
        }
    }

    const std::string before_ = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    const testing::PrivateDirectory directory_;
};

TEST_F(GraphvizTest, GetsTheDigraphAndGivesTheDrawing) {
    install("echo \"<svg>$1\"\nwhile read -r line; do echo \"$line\"; done\necho '</svg>'\n");
    EXPECT_EQ(svg_by_dot("digraph {\n}\n"), "<svg>-Tsvg\ndigraph {\n}\n</svg>\n");
}

TEST_F(GraphvizTest, IsMissedInASentenceThatNamesThePackage) {
    EXPECT_THAT(failure(), AllOf(HasSubstr("install graphviz"), HasSubstr("--format terminal")));
}

TEST_F(GraphvizTest, FailsInItsOwnWords) {
    install("echo 'syntax error in line 1' >&2\nexit 1\n");
    EXPECT_EQ(failure(), "Graphviz's 'dot' failed: syntax error in line 1 ");
}

}  // namespace
}  // namespace tenon::app
