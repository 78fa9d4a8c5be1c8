#include "tidy/measure_rules.hpp"

#include "tidy/violation_matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SourceFile file_of(std::string path, std::size_t lines) {
    return {std::move(path), std::vector<std::string>(lines, "int x;")};
}

TEST(TidyMeasures, LinesOfThisRepositoryFitBesideEachOther) {
    EXPECT_THAT(long_lines(repository()), IsEmpty());
}

TEST(TidyMeasures, ALineIsCountedInColumnsRatherThanBytes) {
    std::string arrows;
    for (std::size_t i = 0; i < line_columns_max; ++i) {
        arrows += "→";
    }
    const auto fits = snippet("host/app/a.cpp", arrows);
    const auto too_long = snippet("host/app/b.cpp", "\n" + arrows + "→");
    EXPECT_THAT(
        long_lines({fits, too_long}), ElementsAre(Says("host/app/b.cpp", 2, "101 columns"))
    );
}

TEST(TidyMeasures, OnlyAStateTableMayBeWide) {
    const std::string wide(line_columns_max + 1, 'x');
    const SourceTree files{
        snippet("host/domain/step/step_state_machine.cpp", wide),
        snippet("host/database/queries/steps.sql", wide),
    };
    EXPECT_THAT(long_lines(files), ElementsAre(At("host/database/queries/steps.sql", 1)));
}

TEST(TidyMeasures, FilesOfThisRepositoryKeepTheirLimits) {
    EXPECT_THAT(long_files(repository()), IsEmpty());
}

TEST(TidyMeasures, EveryKindOfFileHasItsOwnLimit) {
    const SourceTree files{
        file_of("host/worker/fits.cpp", file_lines_max),
        file_of("host/worker/too_long.cpp", file_lines_max + 1),
        file_of("host/worker/README.md", layer_readme_lines_max + 1),
        file_of("CMakeLists.txt", root_cmake_lines_max + 1),
        file_of("host/main.cpp", main_lines_max + 1),
    };
    EXPECT_THAT(
        long_files(files),
        ElementsAre(
            At("host/worker/too_long.cpp", 0),
            Says("host/worker/README.md", 0, "41 lines"),
            Says("CMakeLists.txt", 0, "81 lines"),
            Says("host/main.cpp", 0, "41 lines")
        )
    );
}

TEST(TidyMeasures, FilesOfThisRepositoryAreShortOnTheWhole) {
    EXPECT_THAT(long_files_on_the_whole(repository()), IsEmpty());
}

TEST(TidyMeasures, AHandfulOfLongFilesShowsInThePercentiles) {
    SourceTree files(9, file_of("host/a.cpp", 100));
    files.push_back(file_of("host/b.cpp", file_lines_p95_max + 1));
    EXPECT_THAT(
        long_files_on_the_whole(files), ElementsAre(Says("all files", 0, "351 lines (p95)"))
    );

    const SourceTree long_everywhere(3, file_of("host/a.cpp", file_lines_median_max + 1));
    EXPECT_THAT(
        long_files_on_the_whole(long_everywhere),
        ElementsAre(Says("all files", 0, "111 lines (median)"))
    );
}

TEST(TidyMeasures, FunctionsOfThisRepositoryFitAScreen) {
    EXPECT_THAT(long_functions(repository()), IsEmpty());
}

SourceFile function_of(std::string path, const std::string& opener, std::size_t lines) {
    auto file = file_of(std::move(path), lines);
    const auto indent = opener.substr(0, opener.find_first_not_of(' '));
    file.lines.insert(file.lines.begin(), opener);
    file.lines.push_back(indent + "}");
    return file;
}

TEST(TidyMeasures, AFunctionIsMeasuredWhereverItsSignatureEnds) {
    const auto over = function_lines_max + 1;
    const SourceTree files{
        function_of("fits.cpp", "void Worker::start() {", function_lines_max),
        function_of("plain.cpp", "void Worker::start() const {", over),
        function_of("member.hpp", "    explicit Worker(int x) : x_(x) {", over),
        function_of("broken.cpp", ") {", over),
        function_of("type.hpp", "struct Table {", over),
        function_of("data.cpp", "constexpr std::array table{", over),
    };
    EXPECT_THAT(
        long_functions(files),
        ElementsAre(At("plain.cpp", 1), At("member.hpp", 1), At("broken.cpp", 1))
    );
}

TEST(TidyMeasures, FoldersOfThisRepositoryCanBeSurveyed) {
    EXPECT_THAT(crowded_folders(repository()), IsEmpty());
    EXPECT_THAT(crowded_sdk(repository()), IsEmpty());
}

TEST(TidyMeasures, APairOfHeaderAndSourceCountsOnce) {
    SourceTree files;
    for (std::size_t i = 0; i < folder_units_max; ++i) {
        files.push_back(file_of("host/worker/unit_" + std::to_string(i) + ".hpp", 1));
        files.push_back(file_of("host/worker/unit_" + std::to_string(i) + ".cpp", 1));
    }
    EXPECT_THAT(crowded_folders(files), IsEmpty());
    files.push_back(file_of("host/worker/one_more.hpp", 1));
    EXPECT_THAT(crowded_folders(files), ElementsAre(Says("host/worker", 0, "11 units")));
}

TEST(TidyMeasures, TheSdkIsNotAHaystack) {
    SourceTree files;
    for (std::size_t i = 0; i <= sdk_headers_max; ++i) {
        files.push_back(file_of("sdk/include/tenon/h" + std::to_string(i) + ".hpp", 1));
    }
    EXPECT_THAT(crowded_sdk(files), ElementsAre(Says("sdk/include/tenon", 0, "13 public headers")));
}

}  // namespace
}  // namespace tenon::tidy
