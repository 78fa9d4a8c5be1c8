#include "instrument/plpgsql_body.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace tenon::testing {
namespace {

using ::testing::ElementsAre;

/// The body with a number in brackets at every boundary.
std::string marked(std::string_view body) {
    return with_calls(body, statement_boundaries(body), [](std::size_t i) {
        return "[" + std::to_string(i) + "]";
    });
}

TEST(PlpgsqlBody, IsMarkedAfterBeginAndAfterEachStatement) {
    EXPECT_EQ(
        marked("DECLARE a integer := 1; BEGIN a := 2; PERFORM f(';'); RETURN a; END"),
        "DECLARE a integer := 1; BEGIN [0] a := 2; [1] PERFORM f(';'); [2] RETURN a; END"
    );
}

TEST(PlpgsqlBody, HasNoBoundaryInsideAStatement) {
    EXPECT_EQ(
        marked("BEGIN x := CASE WHEN a THEN 'b;' ELSE $q$;$q$ END; -- ; LOOP\nEND"),
        "BEGIN [0] x := CASE WHEN a THEN 'b;' ELSE $q$;$q$ END; [1] -- ; LOOP\nEND"
    );
    EXPECT_EQ(
        marked("BEGIN EXECUTE E'a\\';' /* ; /* ; */ ; */ USING \"odd;name\"[1]; END"),
        "BEGIN [0] EXECUTE E'a\\';' /* ; /* ; */ ; */ USING \"odd;name\"[1]; [1] END"
    );
    EXPECT_EQ(marked("BEGIN PERFORM $1, 'it''s;'; END"), "BEGIN [0] PERFORM $1, 'it''s;'; [1] END");
}

TEST(PlpgsqlBody, IsMarkedInEveryBranch) {
    EXPECT_EQ(
        marked("BEGIN IF CASE WHEN a THEN b END THEN c; ELSIF d THEN e; ELSE f; END IF; END"),
        "BEGIN [0] IF CASE WHEN a THEN b END THEN [1] c; [2] ELSIF d THEN [3] e; [4] ELSE [5] f; "
        "[6] END IF; [7] END"
    );
    EXPECT_EQ(
        marked("BEGIN CASE x WHEN 1 THEN a; WHEN 2 THEN b; ELSE c; END CASE; END"),
        "BEGIN [0] CASE x WHEN 1 THEN [1] a; [2] WHEN 2 THEN [3] b; [4] ELSE [5] c; [6] END CASE; "
        "[7] END"
    );
}

TEST(PlpgsqlBody, IsMarkedInLoopsAndHandlers) {
    EXPECT_EQ(
        marked("BEGIN <<l>> FOR r IN SELECT 1 LOOP CONTINUE WHEN a; EXIT; END LOOP l; END"),
        "BEGIN [0] <<l>> FOR r IN SELECT 1 LOOP [1] CONTINUE WHEN a; [2] EXIT; END LOOP l; [3] END"
    );
    EXPECT_EQ(
        marked("BEGIN BEGIN a; EXCEPTION WHEN b THEN c; WHEN d THEN RAISE; END; e; END"),
        "BEGIN [0] BEGIN [1] a; [2] EXCEPTION WHEN b THEN [3] c; [4] WHEN d THEN [5] RAISE; END; "
        "[6] e; [7] END"
    );
}

TEST(PlpgsqlBody, GoesOnAfterReturnQueryButNotAfterReturn) {
    EXPECT_EQ(
        marked("BEGIN RETURN QUERY SELECT 1; RETURN NEXT; RAISE WARNING 'w'; RETURN; END"),
        "BEGIN [0] RETURN QUERY SELECT 1; [1] RETURN NEXT; [2] RAISE WARNING 'w'; [3] RETURN; END"
    );
}

TEST(PlpgsqlBody, SaysWhereEachBoundaryIs) {
    const auto boundaries = statement_boundaries("\nBEGIN\n    a := 1;\n    b\n    := 2;\nEND");
    std::vector<std::string> places;
    for (const auto& boundary : boundaries) {
        places.push_back(std::to_string(boundary.line) + " " + boundary.after);
    }
    EXPECT_THAT(places, ElementsAre("2 BEGIN", "3 a := 1;", "5 b"));
}

TEST(PlpgsqlBody, KnowsWhereTheDatabaseMayHaveChanged) {
    std::string writes;
    for (const auto& boundary : statement_boundaries(
             "BEGIN a := 1; UPDATE t SET b = 2; IF c THEN d := ARRAY(SELECT f()); END IF; END"
         )) {
        writes += boundary.may_write ? 'w' : '-';
    }
    EXPECT_EQ(writes, "--w-w-");
}

TEST(PlpgsqlBody, IsRefusedWhenItDoesNotEnd) {
    EXPECT_THROW(statement_boundaries("BEGIN a"), std::runtime_error);
    EXPECT_THROW(statement_boundaries("BEGIN a := 'b; END"), std::runtime_error);
    EXPECT_THROW(statement_boundaries("BEGIN /* a; END"), std::runtime_error);
}

}  // namespace
}  // namespace tenon::testing
