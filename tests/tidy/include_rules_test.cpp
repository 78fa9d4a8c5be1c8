#include "tidy/include_rules.hpp"

#include "tidy/violation_matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TidyIncludes, LayersOfThisRepositoryPointDownwards) {
    EXPECT_THAT(includes_against_layers(repository()), IsEmpty());
}

TEST(TidyIncludes, ALayerMayNotReachUp) {
    const auto file = snippet(
        "host/domain/x.hpp",
        "#pragma once\n#include \"foundation/error.hpp\"\n"
        "#include \"database/connection.hpp\"\n"
    );
    EXPECT_THAT(includes_against_layers({file}), ElementsAre(At("host/domain/x.hpp", 3)));
}

TEST(TidyIncludes, TheRolesMayNotMeet) {
    const SourceTree files{
        snippet("host/worker/a.cpp", "#include \"orchestration/web/task_routes.hpp\"\n"),
        snippet("host/orchestration/b.cpp", "#include \"worker/services/step_pump.hpp\"\n"),
    };
    EXPECT_THAT(
        includes_against_layers(files),
        ElementsAre(At("host/worker/a.cpp", 1), At("host/orchestration/b.cpp", 1))
    );
}

TEST(TidyIncludes, OnlyThePluginHostSeesTheSdk) {
    const SourceTree files{
        snippet("host/plugin_host/a.cpp", "#include <tenon/abi/plugin.h>\n"),
        snippet("host/worker/b.cpp", "#include <tenon/abi/plugin.h>\n"),
    };
    EXPECT_THAT(includes_against_layers(files), ElementsAre(At("host/worker/b.cpp", 1)));
}

TEST(TidyIncludes, RolesOfThisRepositoryFollowTheirFlow) {
    EXPECT_THAT(includes_against_flow(repository()), IsEmpty());
}

TEST(TidyIncludes, AServiceMayNotCallBackIntoAnActor) {
    const SourceTree files{
        snippet("host/worker/services/a.hpp", "#include \"worker/actors/step_executor.hpp\"\n"),
        snippet("host/worker/actors/b.hpp", "#include \"worker/services/step_pump.hpp\"\n"),
        snippet("host/orchestration/actors/c.hpp", "#include \"orchestration/web/routes.hpp\"\n"),
        snippet("host/worker/actors/d.hpp", "#include \"worker/commands/command_processor.hpp\"\n"),
        snippet("host/worker/actors/e.hpp", "#include \"worker/commands/worker_command.hpp\"\n"),
    };
    EXPECT_THAT(
        includes_against_flow(files),
        ElementsAre(
            At("host/worker/services/a.hpp", 1),
            At("host/orchestration/actors/c.hpp", 1),
            At("host/worker/actors/d.hpp", 1)
        )
    );
}

TEST(TidyIncludes, SdkAndPluginsOfThisRepositoryStandAlone) {
    EXPECT_THAT(includes_beyond_the_sdk(repository()), IsEmpty());
}

TEST(TidyIncludes, APluginMayUseOnlyTheSdk) {
    const SourceTree files{
        snippet("plugins/linear/a.cpp", "#include <tenon/plugin.hpp>\n#include <boost/asio.hpp>\n"),
        snippet("plugins/linear/b.cpp", "#include \"domain/ids.hpp\"\n#include <gtest/gtest.h>\n"),
        snippet("plugins/linear/tests/c_test.cpp", "#include <gtest/gtest.h>\n"),
        snippet("sdk/include/tenon/d.hpp", "#include <vector>\n#include \"host/domain/ids.hpp\"\n"),
    };
    EXPECT_THAT(
        includes_beyond_the_sdk(files),
        ElementsAre(
            At("sdk/include/tenon/d.hpp", 2),
            At("plugins/linear/a.cpp", 2),
            At("plugins/linear/b.cpp", 1),
            At("plugins/linear/b.cpp", 2)
        )
    );
}

TEST(TidyIncludes, TargetsOfThisRepositoryLinkDownwards) {
    EXPECT_THAT(links_against_layers(repository()), IsEmpty());
}

TEST(TidyIncludes, ALayerMayNotLinkUpwards) {
    const auto file = snippet(
        "host/domain/CMakeLists.txt",
        "tenon_layer(domain\n    DEPENDS tenon::foundation tenon::database)\n"
    );
    EXPECT_THAT(links_against_layers({file}), ElementsAre(At("host/domain/CMakeLists.txt", 2)));
}

}  // namespace
}  // namespace tenon::tidy
