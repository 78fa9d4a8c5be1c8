// The SDK's examples build with the installed SDK, pass their own tests, and answer in a host's
// way.

#include "support/child_program.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Examples : public ::testing::Test {
protected:
    Examples() {
        const fs::path sdk = TENON_SOURCE_DIR "/sdk";
        fs::create_directories(files_.path() / "sdk");
        for (const auto* part : {"examples", "rust"}) {
            fs::copy(sdk / part, files_.path() / "sdk" / part, fs::copy_options::recursive);
        }
        shell(
            ".",
            "'" TENON_CMAKE "' --install '" TENON_BINARY_DIR "' --component sdk --prefix '" +
                prefix() + "'"
        );
    }

    fs::path example(const std::string& folder) const {
        return files_.path() / "sdk" / "examples" / folder;
    }

    std::string prefix() const { return (files_.path() / "prefix").string(); }

    /// Runs a shell command in that example's folder; its output shows when it fails.
    std::string shell(const std::string& folder, const std::string& command) const {
        const auto log = (files_.path() / "log").string();
        const auto line =
            "cd '" + example(folder).string() + "' && { " + command + "; } >'" + log + "' 2>&1";
        const int status = std::system(line.c_str());  // NOLINT(concurrency-mt-unsafe)
        auto text = read_file(log);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << '\n' << text;
        return text;
    }

    Ending step(
        const fs::path& plugin,
        const std::string& callable,
        const std::string& input,
        const std::vector<std::string>& more = {}
    ) const {
        std::vector<std::string> words{"step", "run", plugin.string(), callable, "--input"};
        words.push_back(files_.write("input.json", input).string());
        words.insert(words.end(), more.begin(), more.end());
        return run_tenon(words);
    }

    static void expect_valid(const fs::path& plugin) {
        const auto valid =
            run_tenon({"plugin", "validate", plugin.string(), "--only", "load,call"});
        EXPECT_EQ(valid.exit_code, 0) << valid.out;
    }

    PrivateDirectory files_;
};

TEST_F(Examples, InCCountsPrimesAndStopsWhenAsked) {
    const auto make = "PKG_CONFIG_PATH='" + prefix() + "/share/pkgconfig' make -s CC=" TENON_GCC;
    shell("c", make + " CFLAGS='-O2 -Wall -Wextra -Werror'");
    EXPECT_THAT(shell("c", make + " test"), HasSubstr("every test passed"));
    const auto plugin = example("c") / "primes.so";
    EXPECT_EQ(step(plugin, "primes::Count", R"({"limit": 1000})").out, "{\"primes\":168}\n");
    const auto refused = step(plugin, "primes::Count", R"({"limit": -1})");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("context.limit is no integer from 0 to 10000000"));
    const auto stopped =
        step(plugin, "primes::Count", R"({"limit": 10000000})", {"--cancel-after", "50"});
    EXPECT_EQ(stopped.exit_code, 8) << stopped.out << stopped.err;
    expect_valid(plugin);
}

TEST_F(Examples, InCppAddsUpAnInvoiceInTwoSteps) {
    shell(
        "cpp",
        "'" TENON_CMAKE "' -S . -B build -G Ninja -DCMAKE_PREFIX_PATH='" + prefix() +
            "' && '" TENON_CMAKE "' --build build"
    );
    EXPECT_THAT(
        shell("cpp", "cd build && ctest --output-on-failure"), HasSubstr("100% tests passed")
    );
    const auto plugin = example("cpp") / "build" / "invoice.so";
    EXPECT_EQ(step(plugin, "invoice::Total", R"({"prices": [1250, 705]})").out, "1955\n");
    const auto receipt =
        step(plugin, "invoice::Receipt", R"({"currency": "CHF"})", {"--dependency", "total=1955"});
    EXPECT_EQ(receipt.out, "\"to pay: 19.55 CHF\"\n") << receipt.err;
    const auto refused = step(plugin, "invoice::Total", R"({"prices": [1, "2"]})");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("context.prices[1]"));
    expect_valid(plugin);
}

TEST_F(Examples, InRustSumsATextUp) {
    shell("rust", "make -s RUSTC='" TENON_RUSTC "'");
    EXPECT_THAT(
        shell("rust", "make -s test RUSTC='" TENON_RUSTC "'"), HasSubstr("test result: ok")
    );
    const auto plugin = example("rust") / "checksum.so";
    EXPECT_EQ(step(plugin, "checksum::Fletcher16", R"({"text": "abcde"})").out, "\"c8f0\"\n");
    const auto refused = step(plugin, "checksum::Fletcher16", R"({"text": ""})");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("NOTHING_TO_SUM: context.text is empty"));
    expect_valid(plugin);
}

}  // namespace
}  // namespace tenon::testing
