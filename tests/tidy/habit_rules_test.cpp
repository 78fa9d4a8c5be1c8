#include "tidy/habit_rules.hpp"

#include "tidy/violation_matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TidyHabits, HeadersOfThisRepositoryAreIncludedOnce) {
    EXPECT_THAT(unguarded_headers(repository()), IsEmpty());
}

TEST(TidyHabits, AHeaderWithoutItsPragmaIsFound) {
    const SourceTree files{
        snippet("host/domain/a.hpp", "#pragma once\nint x;\n"),
        snippet("host/domain/b.hpp", "int x;\n#pragma once\n"),
        snippet("sdk/include/tenon/abi/c.h", "#ifndef C_H\n"),
        snippet("sdk/include/tenon/abi/d.h", "/// Words first.\n\n#pragma once\n"),
        snippet("host/domain/e.cpp", "int x;\n"),
    };
    EXPECT_THAT(
        unguarded_headers(files),
        ElementsAre(At("host/domain/b.hpp", 1), At("sdk/include/tenon/abi/c.h", 1))
    );
}

TEST(TidyHabits, NamesOfThisRepositorySayWhatTheyMean) {
    EXPECT_THAT(empty_names(repository()), IsEmpty());
}

TEST(TidyHabits, NamesThatSayNothingAreFound) {
    const SourceTree files{
        snippet("host/worker/a.hpp", "class TaskManager;\n\nstruct StepImpl {};\n"),
        snippet("host/worker/b.hpp", "class Database {};\nstruct Implementation {};\n"),
        snippet("host/worker/step_utils.hpp", "namespace tenon::util {}\n"),
        snippet("config/base/worker.toml", ""),
    };
    EXPECT_THAT(
        empty_names(files),
        ElementsAre(
            Says("host/worker/a.hpp", 1, "TaskManager"),
            Says("host/worker/a.hpp", 3, "StepImpl"),
            At("host/worker/step_utils.hpp", 0),
            Says("host/worker/step_utils.hpp", 1, "util")
        )
    );
}

TEST(TidyHabits, ThisRepositoryHasNothingUnfinished) {
    EXPECT_THAT(unfinished_work(repository()), IsEmpty());
}

TEST(TidyHabits, NotesToSelfAndSwitchedOffTestsAreFound) {
    const SourceTree files{
        snippet("host/a.cpp", "int x;  // TODO: y\n"),
        snippet("tests/b_test.cpp", "TEST(Step, DISABLED_Runs) {}\n"),
        snippet("tests/c_test.cpp", "TEST(Step, Runs) {\n    GTEST_SKIP() << why;\n}\n"),
        snippet("tests/d_test.cpp", "const auto* words = \"TODO and DISABLED_\";\n"),
    };
    EXPECT_THAT(
        unfinished_work(files),
        ElementsAre(At("host/a.cpp", 1), At("tests/b_test.cpp", 1), At("tests/c_test.cpp", 2))
    );
}

TEST(TidyHabits, SqlOfThisRepositoryIsInSqlFiles) {
    EXPECT_THAT(sql_outside_sql_files(repository()), IsEmpty());
}

TEST(TidyHabits, AStatementInAStringIsFound) {
    const SourceTree files{
        snippet("host/database/a.cpp", "int x;\nrun(\"SELECT 1\");\n"),
        snippet("host/database/b.cpp", "run(R\"sql(\n  UPDATE tenon.tasks SET x = 1)sql\");\n"),
        snippet("host/database/c.cpp", "// \"SELECT 1\"\nlog(\"SELECTED: none\");\n"),
        snippet("tests/integration/d_test.cpp", "run(\"SELECT 1\");\n"),
    };
    EXPECT_THAT(
        sql_outside_sql_files(files),
        ElementsAre(At("host/database/a.cpp", 2), At("host/database/b.cpp", 1))
    );
}

}  // namespace
}  // namespace tenon::tidy
