// What `tenon plugin new` writes builds, tests and validates untouched, with the installed SDK.

#include "support/child_program.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sys/wait.h>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Scaffold : public ::testing::Test {
protected:
    // Runs a shell command in the project's folder; its output shows when it fails.
    std::string shell(const std::string& command) {
        const auto log = (files_.path() / "log").string();
        const auto line =
            "cd '" + project().string() + "' && { " + command + "; } >'" + log + "' 2>&1";
        const int status = std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe)
        auto text = read_file(log);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << '\n' << text;
        return text;
    }

    void begin(const std::string& language) {
        const auto written =
            run_tenon({"plugin", "new", "shop", "--lang", language, "--dir", project().string()});
        EXPECT_EQ(written.exit_code, 0) << written.err;
        shell(
            "'" TENON_CMAKE "' --install '" TENON_BINARY_DIR "' --component sdk --prefix '" +
            prefix() + "'"
        );
    }

    void answers(const std::string& plugin) {
        const auto file = (project() / plugin).string();
        const auto input = (project() / "input.json").string();
        const auto run = run_tenon({"step", "run", file, "shop::Greet", "--input", input});
        EXPECT_EQ(run.exit_code, 0) << run.err;
        EXPECT_EQ(run.out, "\"hello, world\"\n");
        const auto valid = run_tenon({"plugin", "validate", file, "--input", input});
        EXPECT_EQ(valid.exit_code, 0) << valid.out;
        EXPECT_THAT(valid.out, HasSubstr("valid: 16 checks, 0 refusals"));
    }

    fs::path project() const { return files_.path() / "shop"; }

    std::string prefix() const { return (files_.path() / "prefix").string(); }

    PrivateDirectory files_;
};

TEST_F(Scaffold, InCppBuildsTestsAndValidates) {
    begin("cpp");
    shell(
        "'" TENON_CMAKE "' -S . -B build -G Ninja -DCMAKE_PREFIX_PATH='" + prefix() +
        "' && '" TENON_CMAKE "' --build build"
    );
    EXPECT_THAT(shell("cd build && ctest --output-on-failure"), HasSubstr("100% tests passed"));
    answers("build/shop.so");
}

TEST_F(Scaffold, InCBuildsTestsAndValidates) {
    begin("c");
    const auto make = "PKG_CONFIG_PATH='" + prefix() + "/share/pkgconfig' make -s CC=" TENON_GCC;
    shell(make + " CFLAGS='-O2 -Wall -Wextra -Werror'");
    EXPECT_THAT(shell(make + " test"), HasSubstr("every test passed"));
    answers("shop.so");
}

TEST_F(Scaffold, InRustBuildsTestsAndValidates) {
    begin("rust");
    shell("make -s RUSTC='" TENON_RUSTC "'");
    EXPECT_THAT(shell("make -s test RUSTC='" TENON_RUSTC "'"), HasSubstr("test result: ok"));
    answers("shop.so");
}

TEST_F(Scaffold, RefusesNamesAndFoldersThatCannotBeUsed) {
    const auto named = run_tenon({"plugin", "new", "My-Shop"});
    EXPECT_EQ(named.exit_code, 2);
    EXPECT_THAT(named.complaint(), HasSubstr("'My-Shop' cannot be the name of a plugin"));
    files_.write("something", "x");
    const auto full = run_tenon({"plugin", "new", "shop", "--dir", files_.path().string()});
    EXPECT_EQ(full.exit_code, 2);
    EXPECT_THAT(full.complaint(), HasSubstr("is not empty: name another folder with --dir"));
}

}  // namespace
}  // namespace tenon::testing
