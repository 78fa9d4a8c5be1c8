#include "natural.hpp"

#include <tenon/testing.hpp>

#include <gtest/gtest.h>

namespace tree {
namespace {

using tenon::testing::Run;
using tenon::testing::run;

Run root(const std::string& number) {
    return run("tree::TreeRootHandler", {.context = R"({"even_number":)" + number + "}"});
}

// Runs the whole tree as a host would, each step on the results of those before it.
std::string converge(const std::string& number) {
    const auto top = root(number).result;
    std::vector<std::pair<std::string, std::string>> leaves;
    const auto grow = [&](const char* branch, const char* branch_step, auto... leaf) {
        const auto middle = run(branch, {.dependencies = {{"tree_root", top}}}).result;
        const auto add = [&](const char* handler, const char* name) {
            leaves.emplace_back(
                name, run(handler, {.dependencies = {{branch_step, middle}}}).result
            );
        };
        (add(leaf.first, leaf.second), ...);
    };
    grow(
        "tree::TreeBranchLeftHandler",
        "tree_branch_left",
        std::pair("tree::TreeLeafDHandler", "tree_leaf_d"),
        std::pair("tree::TreeLeafEHandler", "tree_leaf_e")
    );
    grow(
        "tree::TreeBranchRightHandler",
        "tree_branch_right",
        std::pair("tree::TreeLeafFHandler", "tree_leaf_f"),
        std::pair("tree::TreeLeafGHandler", "tree_leaf_g")
    );
    return run("tree::TreeFinalConvergenceHandler", {.dependencies = leaves}).result;
}

TEST(Tree, ComputesTheDocumentedTree) {
    EXPECT_EQ(root("6").result, "36");
    EXPECT_EQ(
        run("tree::TreeLeafDHandler", {.dependencies = {{"tree_branch_left", "1296"}}}).result,
        "1679616"
    );
    EXPECT_EQ(converge("6"), R"("63340286662973277706162286946811886609896461828096")");
}

TEST(Tree, EndsWithAStringEvenForTheSmallestInput) {
    EXPECT_EQ(converge("2"), R"("18446744073709551616")");
}

TEST(Tree, IsExactForInputsBeyondEveryMachineInteger) {
    // (10^20)^64 is a one and 1280 zeros.
    EXPECT_EQ(converge("1" + std::string(20, '0')), "\"1" + std::string(1280, '0') + '"');
    EXPECT_EQ(root("1" + std::string(8, '0')).result, R"("10000000000000000")");
    EXPECT_EQ(root("94906264").result, "9007198946437696");
}

TEST(Tree, RefusesWhatIsNoPositiveEvenInteger) {
    for (const auto* number : {"7", "0", "-2", "2.5", "\"6\"", "null", "18446744073709551617"}) {
        const auto failed = root(number);
        ASSERT_TRUE(failed.failure) << number << " gave " << failed.result;
        EXPECT_EQ(failed.failure->code, "VALIDATION_ERROR");
        EXPECT_EQ(failed.failure->retryable, false);
        EXPECT_NE(failed.failure->message.find("even_number"), std::string::npos);
    }
    EXPECT_TRUE(root(std::string(1001, '2')).failure);
    EXPECT_TRUE(root(std::string(1000, '2')).succeeded());
}

TEST(Natural, MultipliesLikePaperAndPencil) {
    EXPECT_EQ((Natural("0") * Natural("123")).to_string(), "0");
    EXPECT_EQ(
        (Natural("999999999999999999") * Natural("999999999999999999")).to_string(),
        "999999999999999998000000000000000001"
    );
    EXPECT_EQ((Natural("1000000000") * Natural("000000001")).to_string(), "1000000000");
}

}  // namespace
}  // namespace tree
