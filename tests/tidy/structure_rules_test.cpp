#include "tidy/structure_rules.hpp"

#include "tidy/violation_matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TidyStructure, EveryFileOfThisHostBelongsToADocumentedLayer) {
    EXPECT_THAT(homeless_files(repository()), IsEmpty());
}

TEST(TidyStructure, AFileOutsideTheLayersAndALayerWithoutReadmeAreFound) {
    const SourceTree files{
        snippet("host/main.cpp", "int main() {}\n"),
        snippet("host/shared/x.hpp", "#pragma once\n"),
        snippet("host/domain/ids.hpp", "#pragma once\n"),
        snippet("host/foundation/error.hpp", "#pragma once\n"),
        snippet("host/foundation/README.md", "# foundation\n"),
    };
    EXPECT_THAT(
        homeless_files(files),
        ElementsAre(At("host/shared/x.hpp", 0), At("host/domain/README.md", 0))
    );
}

TEST(TidyStructure, EverySourceOfThisRepositoryIsBuilt) {
    EXPECT_THAT(unlisted_sources(repository()), IsEmpty());
}

TEST(TidyStructure, ASourceThatNobodyListsIsFound) {
    const SourceTree files{
        snippet("host/domain/CMakeLists.txt", "tenon_layer(domain SOURCES ids.cpp step/x.cpp)\n"),
        snippet("host/domain/ids.cpp", ""),
        snippet("host/domain/step/x.cpp", ""),
        snippet("host/domain/task/x.cpp", ""),
        snippet("tests/unit/domain/CMakeLists.txt", "foreach(name a_test)\n"),
        snippet("tests/unit/domain/a_test.cpp", ""),
        snippet("tests/unit/domain/b_test.cpp", ""),
    };
    EXPECT_THAT(
        unlisted_sources(files),
        ElementsAre(At("host/domain/task/x.cpp", 0), At("tests/unit/domain/b_test.cpp", 0))
    );
}

TEST(TidyStructure, LinksInThisRepositoryLeadSomewhere) {
    EXPECT_THAT(broken_links(repository()), IsEmpty());
}

TEST(TidyStructure, ALinkThatLeadsNowhereIsFound) {
    const SourceTree files{
        snippet(
            "docs/a.md",
            "[up](../README.md) [folder](adr) [page](https://example.org/x)\n"
            "[part](b.md#section)\n```\n[code](nowhere)\n```\n[gone](c.md)\n"
        ),
        snippet("docs/b.md", ""),
        snippet("docs/adr/0001-x.md", ""),
        snippet("README.md", "[no](docs/c.md)\n"),
    };
    EXPECT_THAT(
        broken_links(files),
        ElementsAre(Says("docs/a.md", 6, "c.md"), Says("README.md", 1, "docs/c.md"))
    );
}

}  // namespace
}  // namespace tenon::tidy
