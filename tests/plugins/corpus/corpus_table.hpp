#pragma once

#include "corpus_host.hpp"

#include <filesystem>
#include <span>
#include <string_view>

namespace tenon::corpus {

/// What a row is tried with: where handlers run, and a directory of its own.
struct Trial {
    Isolation mode;
    std::filesystem::path directory;

    bool in_process() const noexcept { return mode == Isolation::in_process; }
};

/// Provokes the row and expects its outcome, by the means of GoogleTest.
using Scenario = void (*)(const Trial&);

/// One row of the corpus of nasty plugins.
struct CorpusRow {
    int number;                   ///< From 1.
    std::string_view plugin;      ///< What it does.
    std::string_view in_process;  ///< What comes of it in the host itself,
    std::string_view process;     ///< and in a runner process; empty: the same.
    Scenario scenario;            ///< Null where it cannot be had at all.
    std::string_view missing;     ///< What of it cannot be had here, and why; mostly empty.
};

inline constexpr int corpus_size = 60;

/// All rows, in their order.
std::span<const CorpusRow> corpus_rows() noexcept;

}  // namespace tenon::corpus
