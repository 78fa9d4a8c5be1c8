#include "foundation/telemetry/redaction.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

struct Shown {
    std::string text;
    std::string shown;
};

class Redaction : public ::testing::TestWithParam<Shown> {};

TEST_P(Redaction, CoversSecretsAndNothingElse) {
    EXPECT_EQ(redact(GetParam().text), GetParam().shown);
}

const std::string key = "tenon_0123456789abcdef_";

INSTANTIATE_TEST_SUITE_P(
    Lines,
    Redaction,
    ::testing::Values(
        Shown{"", ""},
        Shown{"listening on http://127.0.0.1:8080", "listening on http://127.0.0.1:8080"},
        Shown{"postgres://ada:s3cret@db:5432/x?a=b", "postgres://ada:***@db:5432/x?a=b"},
        Shown{"'postgresql://ada:p@ss@db/x' failed", "'postgresql://ada:***@db/x' failed"},
        Shown{"postgres://ada@db/x, mail a:b@c", "postgres://ada@db/x, mail a:b@c"},
        Shown{"host=db password=s3cret user=ada", "host=db password=*** user=ada"},
        Shown{"PGPASSWORD = 'a b\\'c' user=ada", "PGPASSWORD = *** user=ada"},
        Shown{"x?sslpassword=a&user=b", "x?sslpassword=***&user=b"},
        Shown{R"({"password":"a","user":"b"})", R"({"password":***,"user":"b"})"},
        Shown{"password authentication failed", "password authentication failed"},
        Shown{"no password: set one", "no password: set one"},
        Shown{"password=", "password="},
        Shown{"Authorization: bEaReR abcdefghijklmnopqrst", "Authorization: bEaReR ***"},
        Shown{R"(Bearer realm="tenon")", R"(Bearer realm="tenon")"},
        Shown{"key " + key + std::string(43, 'x') + " of", "key " + key + "*** of"},
        Shown{"tenon_test_database_of_mine", "tenon_test_database_of_mine"},
        Shown{"got eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "got ***"},
        Shown{"eyJ is how it begins", "eyJ is how it begins"}
    )
);

TEST(RedactionOfNoise, EndsForAnyText) {
    for (const std::string piece :
         {"password=", "password='", "://a:", "bearer ", "eyJ.", "tenon_"}) {
        std::string text;
        for (int i = 0; i < 2000; ++i) {
            text += piece;
        }
        EXPECT_FALSE(redact(text).empty());
    }
}

}  // namespace
}  // namespace tenon
