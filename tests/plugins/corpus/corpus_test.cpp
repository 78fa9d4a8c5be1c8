// Every row of the corpus, in every mode that hosts have: what a nasty plugin does, what comes of
// it, and that a good one beside it is served throughout.

#include "corpus_table.hpp"
#include "plugins/calm_sanitizers.hpp"
#include "served.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>
#include <vector>

// Guests leak on purpose, and a C++ library that is linked into one keeps its memory for
// exceptions when it is unloaded.
extern "C" int __lsan_is_turned_off() {
    return 1;
}

namespace tenon::corpus {

void PrintTo(const CorpusRow& row, std::ostream* out) {
    *out << "the plugin that " << row.plugin;
}

namespace {

std::vector<CorpusRow> rows_to_be_had() {
    std::vector<CorpusRow> rows;
    std::ranges::copy_if(corpus_rows(), std::back_inserter(rows), [](const CorpusRow& row) {
        return row.scenario != nullptr;
    });
    return rows;
}

class NastyPlugin : public ::testing::TestWithParam<std::tuple<CorpusRow, Isolation>> {
protected:
    NastyPlugin() { tenon::testing::calm_sanitizers(); }

    tenon::testing::PrivateDirectory files_;
};

TEST_P(NastyPlugin, HarmsNobodyElse) {
    const auto& [row, mode] = GetParam();
    forget_served();
    row.scenario({.mode = mode, .directory = files_.path()});
    EXPECT_GT(served_neighbours(), 0) << "no neighbour was served meanwhile";
}

INSTANTIATE_TEST_SUITE_P(
    Corpus,
    NastyPlugin,
    ::testing::Combine(
        ::testing::ValuesIn(rows_to_be_had()),
        ::testing::Values(Isolation::in_process, Isolation::process)
    ),
    [](const auto& info) {
        return fmt::format(
            "Row{:02}_{}", std::get<0>(info.param).number, to_string(std::get<1>(info.param))
        );
    }
);

TEST(CorpusTable, HasEveryRowOnceAndSaysWhatComesOfIt) {
    ASSERT_EQ(corpus_rows().size(), static_cast<std::size_t>(corpus_size));
    int number = 0;
    std::set<Scenario> scenarios;
    for (const auto& row : corpus_rows()) {
        EXPECT_EQ(row.number, ++number);
        EXPECT_FALSE(row.plugin.empty()) << row.number;
        EXPECT_NE(row.scenario == nullptr, !row.in_process.empty()) << row.number;
        EXPECT_TRUE(row.scenario != nullptr || !row.missing.empty())
            << "row " << row.number << " is not tried, and nobody says why";
        EXPECT_TRUE(row.scenario == nullptr || scenarios.insert(row.scenario).second)
            << "row " << row.number << " is tried by another one's scenario";
    }
}

std::string document() {
    std::string text =
        "| # | The plugin | In process | In a process of its own |\n"
        "| --- | --- | --- | --- |\n";
    for (const auto& row : corpus_rows()) {
        text += fmt::format(
            "| {} | {} | {} | {} |\n",
            row.number,
            row.plugin,
            row.scenario == nullptr ? "cannot be had, see below" : row.in_process,
            row.process.empty() ? "the same" : row.process
        );
    }
    text += "\nWhat cannot be had:\n\n";
    for (const auto& row : corpus_rows()) {
        if (!row.missing.empty()) {
            text += fmt::format("- {}: {}\n", row.number, row.missing);
        }
    }
    return text;
}

TEST(CorpusTable, IsWhatTheDocumentShows) {
    const auto shown = tenon::testing::read_file(TENON_SOURCE_DIR "/docs/plugin_corpus.md");
    EXPECT_NE(shown.find(document()), std::string::npos)
        << "docs/plugin_corpus.md does not hold this:\n"
        << document();
}

}  // namespace
}  // namespace tenon::corpus
