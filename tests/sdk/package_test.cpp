// The SDK installed elsewhere builds the linear plugin on its own, with each compiler, and what
// comes out loads into this host.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <sys/wait.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;

const std::string source_directory = TENON_SOURCE_DIR;
const std::string build_directory = TENON_BINARY_DIR;

class PackageTest : public ::testing::Test {
protected:
    // Runs a shell command in the test's directory; its output shows when it fails.
    void shell(const std::string& command) {
        const auto log = (files_.path() / "log").string();
        const auto line =
            "cd '" + files_.path().string() + "' && { " + command + "; } >'" + log + "' 2>&1";
        const int status = std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe)
        ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
            << command << '\n'
            << tenon::testing::read_file(log);
    }

    void install() {
        shell(
            "'" TENON_CMAKE "' --install '" + build_directory + "' --component sdk --prefix '" +
            (files_.path() / "prefix").string() + "'"
        );
    }

    // Configures and builds `project` with the package that `where` leads to.
    void build(const std::string& project, const std::string& where, const std::string& compilers) {
        shell(
            "'" TENON_CMAKE "' -S '" + project + "' -B build -G Ninja " + compilers + " " + where +
            " && '" TENON_CMAKE "' --build build"
        );
    }

    std::string installed() const {
        return "-DCMAKE_PREFIX_PATH='" + (files_.path() / "prefix").string() + "'";
    }

    static std::string compilers(const std::string& c, const std::string& cxx) {
        return "-DCMAKE_C_COMPILER='" + c + "' -DCMAKE_CXX_COMPILER='" + cxx + "'";
    }

    std::string run(const std::string& plugin, std::string_view callable) {
        PluginRegistry registry({.snapshot_directory = files_.path() / "snapshots"});
        const auto loaded = registry.load(files_.path() / "build" / plugin);
        if (!loaded) {
            return loaded.error().detail;
        }
        const auto handler = registry.resolve(callable);
        if (!handler) {
            return handler.error().detail;
        }
        StepCall step;
        step.context_json = R"({"even_number":6})";
        const auto outcome = (*handler)->invoke(step);
        const auto* failed = std::get_if<StepFailure>(&outcome);
        return failed == nullptr ? std::get<std::string>(outcome) : failed->message;
    }

    tenon::testing::PrivateDirectory files_;
};

TEST_F(PackageTest, BuildsThePluginWithGcc) {
    install();
    build(source_directory + "/plugins/linear", installed(), compilers(TENON_GCC, TENON_GXX));
    EXPECT_EQ(run("linear.so", "linear::LinearStep1Handler"), "36");
    shell("cd build && ctest --output-on-failure");
}

TEST_F(PackageTest, BuildsThePluginWithClang) {
    install();
    build(source_directory + "/plugins/linear", installed(), compilers(TENON_CLANG, TENON_CLANGXX));
    EXPECT_EQ(run("linear.so", "linear::LinearStep1Handler"), "36");
    shell("cd build && ctest --output-on-failure");
}

TEST_F(PackageTest, WorksFromTheBuildTreeToo) {
    build(
        source_directory + "/plugins/linear",
        "-Dtenon-sdk_DIR='" + build_directory + "/sdk'",
        compilers(TENON_GCC, TENON_GXX)
    );
    EXPECT_EQ(run("linear.so", "linear::LinearStep1Handler"), "36");
}

TEST_F(PackageTest, ServesAPluginInPlainC) {
    install();
    files_.write("CMakeLists.txt", R"(
cmake_minimum_required(VERSION 3.25)
project(plain LANGUAGES C)
find_package(tenon-sdk 0.1 REQUIRED)
enable_testing()
tenon_add_plugin(plain SOURCES plain.c)
)");
    files_.write("plain.c", R"(
#include <tenon/abi/note.h>
static tenon_status call(void *self, tenon_call *call, const tenon_step *step) {
    const tenon_str answer = {"42", 2};
    (void)self;
    return step->api->set_result(call, answer);
}
static const tenon_handler handler = {
    .size = sizeof handler, .callable = "plain::Answer", .call = call};
static const tenon_handler *const table[] = {&handler};
static uint32_t handlers(const tenon_handler *const **out) { *out = table; return 1; }
TENON_NOTE_ABI_RECORD();
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin), .magic = TENON_ABI_MAGIC, .abi_major = TENON_ABI_MAJOR,
    .id = "example.plain", .version = "1.0.0", .handlers = handlers};
)");
    build(".", installed(), std::string("-DCMAKE_C_COMPILER='") + TENON_GCC + "'");
    EXPECT_EQ(run("plain.so", "plain::Answer"), "42");
    shell("cd build && ctest --output-on-failure");
}

}  // namespace
}  // namespace tenon::plugin_host
