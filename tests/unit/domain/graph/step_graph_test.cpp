#include "domain/graph/step_graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tenon {
namespace {

using Numbers = std::vector<StepNo>;

struct NamedStep {
    std::string name;
    std::vector<std::string> dependencies;
};

using NamedSteps = std::vector<NamedStep>;

Result<StepGraph, GraphFault> build(const NamedSteps& steps) {
    std::vector<GraphStep> views;
    for (const auto& step : steps) {
        views.push_back({step.name, step.dependencies});
    }
    return StepGraph::build(views);
}

Numbers list(std::span<const StepNo> numbers) {
    return {numbers.begin(), numbers.end()};
}

std::vector<std::string> numbered_names(const StepGraph& graph, const NamedSteps& steps) {
    std::vector<std::string> names;
    for (std::size_t number = 1; number <= graph.size(); ++number) {
        names.push_back(steps[graph.author_index(static_cast<StepNo>(number))].name);
    }
    return names;
}

std::string fault_of(const NamedSteps& steps) {
    const auto graph = build(steps);
    if (graph.has_value()) {
        return "ok";
    }
    const auto& fault = graph.error();
    const auto where = fault.dependency ? fmt::format("{}.{}", fault.step, *fault.dependency)
                                        : std::to_string(fault.step);
    return where + ": " + fault.detail;
}

TEST(StepGraph, NumbersADiamondAndClosesIt) {
    const NamedSteps steps{{"start", {}}, {"b", {"start"}}, {"c", {"start"}}, {"end", {"c", "b"}}};
    const auto graph = build(steps).value();

    EXPECT_EQ(numbered_names(graph, steps), (std::vector<std::string>{"start", "b", "c", "end"}));
    EXPECT_EQ(list(graph.dependencies(1)), Numbers{});
    EXPECT_EQ(list(graph.successors(1)), (Numbers{2, 3}));
    EXPECT_EQ(list(graph.dependencies(4)), (Numbers{2, 3}));
    EXPECT_EQ(list(graph.successors(4)), Numbers{});
    EXPECT_EQ(list(graph.ancestors(1)), Numbers{});
    EXPECT_EQ(list(graph.ancestors(2)), Numbers{1});
    EXPECT_EQ(list(graph.ancestors(4)), (Numbers{1, 2, 3}));
    EXPECT_EQ(graph.level(1), 0);
    EXPECT_EQ(graph.level(3), 1);
    EXPECT_EQ(graph.level(4), 2);
}

TEST(StepGraph, KeepsTheAuthorsOrderWhereItCan) {
    const NamedSteps reversed{{"c", {"b"}}, {"b", {"a"}}, {"x", {}}, {"a", {}}};
    EXPECT_EQ(
        numbered_names(build(reversed).value(), reversed),
        (std::vector<std::string>{"x", "a", "b", "c"})
    );
    const NamedSteps ordered{{"z", {}}, {"y", {}}, {"x", {"z"}}, {"w", {"y"}}};
    EXPECT_EQ(
        numbered_names(build(ordered).value(), ordered),
        (std::vector<std::string>{"z", "y", "x", "w"})
    );
}

TEST(StepGraph, RefusesWhatIsNoGraph) {
    EXPECT_EQ(fault_of({}), "0: a template needs at least one step");
    EXPECT_EQ(fault_of({{"a", {}}, {"a", {}}}), "1: duplicate step name 'a'");
    EXPECT_EQ(fault_of({{"a", {"a"}}}), "0.0: step 'a' depends on itself");
    EXPECT_EQ(fault_of({{"a", {}}, {"b", {"a", "a"}}}), "1.1: step 'b' lists dependency 'a' twice");
    EXPECT_EQ(
        fault_of({{"load", {}}, {"parse", {"laod"}}}),
        "1.0: unknown dependency 'laod' in step 'parse' (did you mean 'load'?)"
    );
    EXPECT_EQ(
        fault_of({{"a", {}}, {"b", {"elsewhere"}}}),
        "1.0: unknown dependency 'elsewhere' in step 'b'"
    );
}

TEST(StepGraph, NamesTheCycleInTheOrderOfExecution) {
    EXPECT_EQ(
        fault_of({{"a", {"b"}}, {"b", {"a"}}}), "0: the dependencies form a cycle: a → b → a"
    );
    EXPECT_EQ(
        fault_of({{"root", {}}, {"a", {"root", "c"}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c"}}}),
        "1: the dependencies form a cycle: a → b → c → a"
    );
}

TEST(StepGraph, ShortensTheNameOfALongCycle) {
    NamedSteps ring;
    for (int i = 0; i < 1000; ++i) {
        ring.push_back({fmt::format("s{}", i), {fmt::format("s{}", (i + 999) % 1000)}});
    }
    EXPECT_EQ(
        fault_of(ring),
        "0: the dependencies form a cycle: s0 → s1 → s2 → s3 → s4 → "
        "s5 → s6 → s7 → s8 → s9 → (990 more) → s0"
    );
}

TEST(StepGraph, EscalatesAsInvalidInput) {
    try {
        build({}).value();
        FAIL();
    } catch (const Exception& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::invalid_input);
        EXPECT_STREQ(failure.what(), "a template needs at least one step");
    }
}

// The number of paths through stacked diamonds doubles with each: 2^17 here.
TEST(StepGraph, ClosesStackedDiamondsWithoutWalkingTheirPaths) {
    NamedSteps steps{{"join0", {}}};
    for (int i = 1; i <= 17; ++i) {
        const auto before = fmt::format("join{}", i - 1);
        steps.push_back({fmt::format("left{}", i), {before}});
        steps.push_back({fmt::format("right{}", i), {before}});
        steps.push_back(
            {fmt::format("join{}", i), {fmt::format("left{}", i), fmt::format("right{}", i)}}
        );
    }
    const auto graph = build(steps).value();
    ASSERT_EQ(graph.size(), 52U);
    EXPECT_EQ(graph.ancestors(52).size(), 51U);
    EXPECT_EQ(graph.level(52), 34);
}

TEST(StepGraph, JoinsTenThousandBranches) {
    NamedSteps steps{{"fan_out", {}}};
    NamedStep join{"join", {}};
    for (int i = 0; i < 10'000; ++i) {
        steps.push_back({fmt::format("branch{}", i), {"fan_out"}});
        join.dependencies.push_back(steps.back().name);
    }
    steps.push_back(join);
    const auto graph = build(steps).value();
    EXPECT_EQ(graph.successors(1).size(), 10'000U);
    EXPECT_EQ(graph.dependencies(10'002).size(), 10'000U);
    EXPECT_EQ(graph.ancestors(10'002).size(), 10'001U);
    EXPECT_EQ(graph.level(10'002), 2);
}

NamedSteps chain(std::size_t length) {
    NamedSteps steps{{"s0", {}}};
    for (std::size_t i = 1; i < length; ++i) {
        steps.push_back({fmt::format("s{}", i), {fmt::format("s{}", i - 1)}});
    }
    return steps;
}

TEST(StepGraph, BoundsTheNumberOfStepsAndTheSizeOfTheClosure) {
    EXPECT_EQ(build(chain(4'000)).value().level(4'000), 3'999);
    EXPECT_EQ(
        fault_of(chain(4'002)),
        "0: the steps have more than 8000000 pairs of step and ancestor, split the template"
    );
    NamedSteps flat;
    for (int i = 0; i < 65'535; ++i) {
        flat.push_back({fmt::format("s{}", i), {}});
    }
    EXPECT_EQ(build(flat).value().size(), 65'535U);
    flat.push_back({"one_more", {}});
    EXPECT_EQ(fault_of(flat), "65535: 65536 steps are too many, at most 65535 fit one task");
}

// Ancestors by the definition: what can be reached over dependencies.
std::set<std::string> reachable(const NamedSteps& steps, const std::string& from) {
    std::set<std::string> found;
    std::vector<std::string> open{from};
    while (!open.empty()) {
        const auto name = open.back();
        open.pop_back();
        const auto step = std::ranges::find(steps, name, &NamedStep::name);
        for (const auto& dependency : step->dependencies) {
            if (found.insert(dependency).second) {
                open.push_back(dependency);
            }
        }
    }
    return found;
}

NamedSteps random_steps(std::mt19937& random) {
    const std::size_t count = 1 + random() % 24;
    const auto density = random() % 60;
    NamedSteps steps(count);
    for (std::size_t i = 0; i < count; ++i) {
        steps[i].name = fmt::format("s{}", i);
        for (std::size_t j = 0; j < i; ++j) {
            if (random() % 100 < density) {
                steps[i].dependencies.push_back(fmt::format("s{}", j));
            }
        }
    }
    std::ranges::shuffle(steps, random);
    return steps;
}

TEST(StepGraph, MatchesTheDefinitionOnRandomGraphs) {
    std::mt19937 random(41);
    for (int round = 0; round < 400; ++round) {
        const auto steps = random_steps(random);
        const auto graph = build(steps).value();
        const auto names = numbered_names(graph, steps);
        for (std::size_t position = 0; position < steps.size(); ++position) {
            const auto number = static_cast<StepNo>(position + 1);
            std::set<std::string> ancestors;
            for (const auto ancestor : graph.ancestors(number)) {
                EXPECT_LT(ancestor, number);
                ancestors.insert(names[ancestor - 1U]);
            }
            EXPECT_EQ(ancestors, reachable(steps, names[position]));
            int level = 0;
            for (const auto dependency : graph.dependencies(number)) {
                level = std::max(level, graph.level(dependency) + 1);
                EXPECT_TRUE(std::ranges::binary_search(graph.successors(dependency), number));
            }
            EXPECT_EQ(graph.level(number), level);
            EXPECT_TRUE(std::ranges::is_sorted(graph.ancestors(number)));
        }
    }
}

TEST(StepGraph, FindsTheCycleThatABackEdgeMakes) {
    std::mt19937 random(43);
    int cycles = 0;
    for (int round = 0; round < 400; ++round) {
        auto steps = random_steps(random);
        const auto victim = random() % steps.size();
        const auto ancestors = reachable(steps, steps[victim].name);
        if (ancestors.empty()) {
            continue;
        }
        const auto ancestor = std::ranges::find(steps, *ancestors.begin(), &NamedStep::name);
        ancestor->dependencies.push_back(steps[victim].name);
        EXPECT_NE(fault_of(steps).find("the dependencies form a cycle: s"), std::string::npos);
        ++cycles;
    }
    EXPECT_GT(cycles, 200);
}

}  // namespace
}  // namespace tenon
