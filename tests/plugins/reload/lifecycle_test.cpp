// Builds that come, go and come back while a host runs, by every tool that changes files.

#include "rolling_plugins.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Reload = RollingPlugins;

TEST_F(Reload, NotesEveryStateThatABuildPasses) {
    replace(bytes("a1"));
    start();
    EXPECT_THAT(
        history(),
        ElementsAre("discovered", "snapshotted", "inspected", "scouted", "loaded", "active")
    );
    EXPECT_EQ(answer(), "1.0.0");
    const auto plugin = lifecycle().status("guest.rolling.a");
    ASSERT_TRUE(plugin);
    EXPECT_EQ(plugin->active()->info.generation, 1U);
    EXPECT_EQ(plugin->active()->calls.calls, 1U);
    EXPECT_EQ(plugin->can_go_back, 0U);
    EXPECT_EQ(lifecycle().status("guest.rolling.b"), std::nullopt);
    EXPECT_EQ(lifecycle().transitions().at(static_cast<std::size_t>(PluginState::active)), 1U);
}

TEST_F(Reload, TakesWhatIsCopiedOverTheFile) {
    replace(bytes("a1"));
    start();
    overwrite(bytes("a2"));
    EXPECT_TRUE(answers("2.0.0"));
    EXPECT_TRUE(eventually([this] { return publications_ == 1; }));
}

TEST_F(Reload, TakesWhatIsMovedIntoItsPlaceAgainAndAgain) {
    replace(bytes("a1"));
    start();
    for (const int number : {2, 3, 4, 5, 1}) {
        replace(bytes("a" + std::to_string(number)));
        EXPECT_TRUE(answers(std::to_string(number) + ".0.0"));
    }
}

TEST_F(Reload, TakesAFileThatIsWrittenSlowly) {
    replace(bytes("a1"));
    start();
    const auto content = bytes("a2");
    {
        std::ofstream file(target(), std::ios::binary | std::ios::in);
        for (std::size_t at = 0; at < content.size(); at += 4096) {
            const auto size = std::min<std::size_t>(4096, content.size() - at);
            file.write(content.data() + at, static_cast<std::streamsize>(size)).flush();
            EXPECT_EQ(answer(), "1.0.0");
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    fs::resize_file(target(), content.size());
    EXPECT_TRUE(answers("2.0.0"));
}

TEST_F(Reload, FindsNewPluginsAndKeepsThoseWhoseFileIsDeleted) {
    start();
    EXPECT_EQ(answer('b'), "none");
    replace(bytes("b1"), 'b');
    EXPECT_TRUE(answers("1.0.0", 'b'));
    fs::remove(target('b'));
    EXPECT_TRUE(eventually([this] { return lifecycle().status().files.empty(); }));
    EXPECT_EQ(answer('b'), "1.0.0");
    EXPECT_EQ(lifecycle().status("guest.rolling.b")->active()->info.version, "1.0.0");
}

TEST_F(Reload, SurvivesATruncatedAStrippedAndAnEmptiedFile) {
    replace(bytes("a1"));
    start();
    const auto held = handler();
    for (const auto& content : {bytes("a2").substr(0, 3000), std::string("x"), std::string()}) {
        overwrite(content);
        const bool refused = eventually([&] {
            const auto status = file_status();
            return status.state == PluginState::rejected && !status.reason.empty();
        });
        EXPECT_TRUE(refused);
        EXPECT_EQ(answer(), "1.0.0");
        EXPECT_EQ(call(held), "1.0.0");
        overwrite(bytes("a1"));
        EXPECT_TRUE(eventually([this] { return file_status().state == PluginState::active; }));
    }
    const auto strip = "strip --strip-all -R .comment " + target().string();
    ASSERT_EQ(std::system(strip.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    EXPECT_TRUE(eventually([this] { return state_of(1) == PluginState::draining; }));
    EXPECT_EQ(call(held), "1.0.0");
    EXPECT_EQ(answer(), "1.0.0");
}

TEST_F(Reload, NeverRunsABuildThatCrashesWhenItIsLoaded) {
    replace(bytes("a1"));
    start();
    overwrite(bytes("a_crash"));
    EXPECT_TRUE(eventually([this] { return file_status().state == PluginState::rejected; }));
    EXPECT_THAT(file_status().reason, HasSubstr("was ended by SIGSEGV while it was tried"));
    EXPECT_EQ(answer(), "1.0.0");
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->generations.size(), 1U);
}

TEST_F(Reload, DrainsAnOldBuildAndClosesItOnceNobodyUsesIt) {
    replace(bytes("a1"));
    start();
    auto held = handler();
    replace(bytes("a2"));
    ASSERT_TRUE(answers("2.0.0"));
    EXPECT_EQ(state_of(1), PluginState::draining);
    EXPECT_EQ(call(held), "1.0.0");
    EXPECT_EQ(state_of(1), PluginState::draining);
    held.reset();
    EXPECT_TRUE(eventually([this] { return state_of(1) == PluginState::retired_closed; }));
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->pinned, 0U);
}

TEST_F(Reload, WaitsForBackgroundWorkBeforeItCloses) {
    replace(bytes("a_background"));
    start();
    replace(bytes("a2"));
    ASSERT_TRUE(answers("2.0.0"));
    EXPECT_TRUE(eventually([this] { return state_of(1) == PluginState::retired_closed; }));
}

TEST_F(Reload, KeepsABuildThatCannotLeaveAndRefusesMoreAtTheLimit) {
    replace(bytes("stays1"));
    auto limited = options();
    limited.most_pinned = 2;
    start(limited);
    for (const int number : {2, 3}) {
        replace(bytes("stays" + std::to_string(number)));
        ASSERT_TRUE(answers(std::to_string(number) + ".0.0"));
        const auto old = static_cast<std::uint64_t>(number - 1);
        EXPECT_TRUE(eventually([&] { return state_of(old) == PluginState::retired_pinned; }));
    }
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->pinned, 2U);
    replace(bytes("stays4"));
    EXPECT_TRUE(eventually([this] { return file_status().state == PluginState::rejected; }));
    EXPECT_THAT(
        file_status().reason,
        HasSubstr(
            "because 2 old builds of guest.rolling.a cannot leave the memory (the limit is 2): "
            "restart the host, or give the plugin processes of its own"
        )
    );
    EXPECT_EQ(answer(), "3.0.0");
}

TEST_F(Reload, GoesBackOneBuildAfterTheOtherAndStaysThere) {
    replace(bytes("a1"));
    start();
    for (const int number : {2, 3, 4, 5}) {
        replace(bytes("a" + std::to_string(number)));
        ASSERT_TRUE(answers(std::to_string(number) + ".0.0"));
    }
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->can_go_back, 3U);
    for (const int number : {4, 3, 2}) {
        const auto back = lifecycle().rollback("guest.rolling.a");
        ASSERT_TRUE(back) << back.error().detail;
        EXPECT_EQ(back->version, std::to_string(number) + ".0.0");
        EXPECT_EQ(answer(), back->version);
    }
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->active()->info.generation, 8U);
    const auto further = lifecycle().rollback("guest.rolling.a");
    ASSERT_FALSE(further);
    EXPECT_EQ(further.error().code, ErrorCode::conflict);
    const auto nobody = lifecycle().rollback("guest.nobody");
    EXPECT_EQ(
        nobody.error().detail, "no plugin guest.nobody is loaded; loaded are guest.rolling.a"
    );
}

TEST_F(Reload, LeavesABuildAloneThatWasRolledBackUntilSomebodyAsksForIt) {
    replace(bytes("a1"));
    start();
    replace(bytes("a2"));
    ASSERT_TRUE(answers("2.0.0"));
    ASSERT_TRUE(lifecycle().rollback("guest.rolling.a"));
    fs::last_write_time(target(), fs::file_time_type::clock::now());
    EXPECT_TRUE(eventually([this] { return file_status().state == PluginState::rejected; }));
    EXPECT_THAT(file_status().reason, HasSubstr("is the build that was rolled back"));
    EXPECT_EQ(answer(), "1.0.0");
    EXPECT_FALSE(lifecycle().reload(std::nullopt).front().result);
    EXPECT_EQ(answer(), "1.0.0");
    const auto asked = lifecycle().reload("rolling_a.so");
    ASSERT_TRUE(asked.front().result) << asked.front().result.error().detail;
    EXPECT_EQ(answer(), "2.0.0");
}

TEST_F(Reload, LooksNowAndThenWhereNobodyReportsChanges) {
    replace(bytes("a1"));
    auto deaf = options();
    deaf.watch.rescan = std::chrono::milliseconds(100);
    deaf.watch.quiet = std::chrono::hours(1);
    deaf.watch.most = std::chrono::hours(1);
    start(deaf);
    replace(bytes("a2"));
    EXPECT_TRUE(answers("2.0.0"));
}

TEST_F(Reload, TakesFilesOfItsFoldersOnly) {
    replace(bytes("a1"));
    start();
    const auto elsewhere = files_.write("elsewhere.so", bytes("a2"));
    try {
        lifecycle().reload(elsewhere);
        FAIL() << "it was taken";
    } catch (const Exception& error) {
        EXPECT_EQ(
            error.what(),
            elsewhere.string() + " is no .so in a plugin folder of this host; these are " +
                folder().string()
        );
    }
    EXPECT_FALSE(lifecycle().reload("missing.so").front().result);
    EXPECT_TRUE(lifecycle().reload(target()).front().result);
    EXPECT_TRUE(lifecycle().reload(std::nullopt).front().result);
    EXPECT_EQ(lifecycle().status("guest.rolling.a")->generations.size(), 1U);
}

}  // namespace
}  // namespace tenon::plugin_host
