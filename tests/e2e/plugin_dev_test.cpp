// An author at work: a project, a host beside it, and what happens at every save.

#include "support/child_program.hpp"
#include "support/gated_workflows.hpp"
#include "support/postgres.hpp"
#include "support/private_directory.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PluginDev : public DatabaseTest {
protected:
    PluginDev() {
        const auto written =
            run_tenon({"plugin", "new", "shop", "--lang", "c", "--dir", project().string()});
        EXPECT_EQ(written.exit_code, 0) << written.err;
        const auto install = "'" TENON_CMAKE "' --install '" TENON_BINARY_DIR
                             "' --component sdk --prefix '" +
                             prefix() + "' >/dev/null";
        EXPECT_EQ(std::system(install.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    }

    fs::path project() const { return files_.path() / "shop"; }

    std::string prefix() const { return (files_.path() / "prefix").string(); }

    ChildProgram& develop() {
        dev_ = std::make_unique<ChildProgram>(
            std::vector<std::string>{
                tenon_executable(),
                "plugin",
                "dev",
                project().string(),
                "--database-url",
                conninfo(),
                "--listen",
                "127.0.0.1:0"
            },
            std::vector<std::string>{"PKG_CONFIG_PATH=" + prefix() + "/share/pkgconfig"}
        );
        return *dev_;
    }

    bool says(const std::string& words) {
        return eventually([&] {
            return dev_->out().find(words) != std::string::npos ||
                   dev_->err().find(words) != std::string::npos;
        });
    }

    std::string answer() {
        const auto task = submit_task(sql(), {"shop", "greeting", {}}, R"({"name": "world"})");
        if (!await_state(sql(), task, "complete")) {
            return "not complete";
        }
        return sql().value(
            "SELECT result #>> '{}' FROM tenon.all_steps WHERE task_uuid = $1", {task}
        );
    }

    /// As an editor saves.
    void edit(const std::string& from, const std::string& to) const {
        auto text = read_file(project() / "shop.c");
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        files_.write("shop/shop.c", text.replace(at, from.size(), to));
    }

    std::string everything() const { return dev_->out() + dev_->err(); }

    PrivateDirectory files_;
    std::unique_ptr<ChildProgram> dev_;
};

TEST_F(PluginDev, RunsTheNextTaskOnWhatWasJustSaved) {
    auto& dev = develop();
    ASSERT_TRUE(says(" ready\n")) << everything();
    EXPECT_THAT(dev.out(), HasSubstr("dev: building: make\n"));
    EXPECT_EQ(answer(), "hello, world") << everything();
    edit("hello, ", "howdy, ");
    EXPECT_TRUE(eventually([&] { return answer() == "howdy, world"; })) << everything();
    dev.send(SIGTERM);
    EXPECT_EQ(dev.wait(), 0) << everything();
    EXPECT_THAT(everything(), HasSubstr("stopped"));
}

TEST_F(PluginDev, KeepsWhatWorkedWhenABuildFails) {
    auto& dev = develop();
    ASSERT_TRUE(says(" ready\n")) << everything();
    edit("hello, ", "hello\", ");
    EXPECT_TRUE(says("dev: the build failed: what was loaded before stays")) << everything();
    EXPECT_EQ(answer(), "hello, world");
    edit("hello\", ", "welcome, ");
    EXPECT_TRUE(eventually([&] { return answer() == "welcome, world"; })) << everything();
    dev.send(SIGINT);
    EXPECT_EQ(dev.wait(), 0) << everything();
}

TEST(PluginDevRefusals, NameWhatIsMissing) {
    const PrivateDirectory empty;
    const auto folder = empty.path().string();
    const auto aimless = run_tenon({"plugin", "dev", folder});
    EXPECT_EQ(aimless.exit_code, 2);
    EXPECT_EQ(
        aimless.complaint(),
        folder + " has neither a Makefile nor a CMakeLists.txt: say with --build how it is built"
    );
    const auto nowhere = run_tenon({"plugin", "dev", folder + "/none"});
    EXPECT_EQ(nowhere.exit_code, 2);
    EXPECT_THAT(nowhere.complaint(), HasSubstr("/none is no folder to work in"));
}

}  // namespace
}  // namespace tenon::testing
