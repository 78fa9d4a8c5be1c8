// Plugins that must never get in: each refused with one sentence, and nothing changed.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path guests = TENON_GUEST_DIRECTORY;
const fs::path linear = fs::path(TENON_PLUGIN_DIRECTORY) / "linear.so";

class Refusal : public ::testing::Test {
protected:
    Refusal() {
        const auto loaded = registry_.load(linear);
        EXPECT_TRUE(loaded) << loaded.error().detail;
    }

    // The sentence, after the file's name.
    std::string refusal(const fs::path& file) {
        const auto loaded = registry_.load(file);
        EXPECT_EQ(registry_.plugins().size(), loaded ? 2U : 1U);
        if (loaded) {
            return "accepted";
        }
        const auto& detail = loaded.error().detail;
        EXPECT_THAT(detail, StartsWith(file.string() + " "));
        EXPECT_THAT(detail, Not(HasSubstr("\n")));
        return detail.substr(file.string().size() + 1);
    }

    std::string refused_guest(const std::string& name) { return refusal(guests / (name + ".so")); }

    tenon::testing::PrivateDirectory files_;
    std::vector<std::string> lines_;
    PluginRegistry registry_{
        {.snapshot_directory = files_.path() / "snapshots",
         .log =
             [this](std::int32_t, std::string_view id, std::string_view message) {
                 lines_.push_back(std::string(id) + ": " + std::string(message));
             }}
    };
};

TEST_F(Refusal, OfWhatIsNoPlugin) {
    EXPECT_EQ(
        refused_guest("no_entry"),
        "exports no tenon_plugin_v1: build it with TENON_PLUGIN and the Tenon SDK [TENON-P030]"
    );
    EXPECT_THAT(
        refused_guest("no_note"), StartsWith("has no ABI note: build it with TENON_PLUGIN")
    );
    EXPECT_THAT(refused_guest("bad_entry"), StartsWith("has a malformed tenon_plugin_v1"));
    EXPECT_EQ(
        refusal(files_.write("text.so", "just text\n")),
        "is no shared object, it does not begin like an ELF file: "
        "name the .so that the build made [TENON-P020]"
    );
    EXPECT_THAT(refusal(files_.write("empty.so", "")), StartsWith("is empty"));
    EXPECT_THAT(refusal("/usr/bin/env"), StartsWith("exports no tenon_plugin_v1"));
    EXPECT_EQ(refusal("/nowhere/x.so"), "cannot be opened: No such file or directory [TENON-P001]");
}

TEST_F(Refusal, OfAFifoWithoutWaitingForItsWriter) {
    const auto fifo = files_.path() / "fifo.so";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(refusal(fifo), "is no regular file: name the .so itself [TENON-P003]");
}

TEST_F(Refusal, OfWhatIsNowhereOrElsewhereOrEndless) {
    const auto dangling = files_.path() / "dangling.so";
    fs::create_symlink("/nowhere/x.so", dangling);
    EXPECT_THAT(refusal(dangling), EndsWith("[TENON-P002]"));
    EXPECT_THAT(refusal(files_.path()), EndsWith("[TENON-P003]"));
    EXPECT_THAT(refusal("/dev/zero"), EndsWith("[TENON-P003]"));
    const auto sparse = files_.write("sparse.so", "x");
    fs::resize_file(sparse, std::uintmax_t{10} << 30U);
    EXPECT_THAT(refusal(sparse), EndsWith("[TENON-P006]"));
}

TEST_F(Refusal, OfLibrariesThatThisMachineDoesNotHave) {
    EXPECT_THAT(
        refused_guest("nowhere"), HasSubstr("cannot be loaded, libnowhere.so.9: cannot open")
    );
    EXPECT_THAT(refused_guest("nowhere"), EndsWith("[TENON-P060]"));
    EXPECT_THAT(refused_guest("future"), StartsWith("needs GLIBC_9.9 of libc.so.6, but this host"));
    EXPECT_THAT(refused_guest("future"), EndsWith("[TENON-P046]"));
}

TEST_F(Refusal, OfCallablesWithoutAProperName) {
    EXPECT_THAT(refused_guest("empty_name"), EndsWith("[TENON-P033]"));
    EXPECT_THAT(refused_guest("odd_name"), EndsWith("[TENON-P033]"));
}

TEST_F(Refusal, OfAnotherAbiMajor) {
    EXPECT_EQ(
        refused_guest("next_major"),
        "is built for plugin ABI 2, but this host speaks 1: build it with this host's SDK "
        "[TENON-P031]"
    );
}

TEST_F(Refusal, OfEveryTruncatedPlugin) {
    const auto whole = tenon::testing::read_file(linear);
    constexpr std::size_t lengths = 100;
    for (std::size_t i = 1; i < lengths; ++i) {
        const auto cut = files_.write("cut.so", whole.substr(0, whole.size() * i / lengths));
        EXPECT_THAT(refusal(cut), StartsWith("is truncated, its ")) << i;
    }
    const auto almost = files_.write("cut.so", whole.substr(0, whole.size() - 1));
    EXPECT_THAT(refusal(almost), EndsWith("copy it again, with mv or install [TENON-P023]"));
}

TEST_F(Refusal, OfASymbolThatNothingProvides) {
    EXPECT_EQ(
        refused_guest("undefined_symbol"),
        "needs the symbol nobody_defines_this, which nothing provides: "
        "link what defines it into the plugin [TENON-P044]"
    );
}

TEST_F(Refusal, OfWhatCouldNotBeUndone) {
    EXPECT_THAT(
        refused_guest("unique_symbol"), StartsWith("exports the unique symbol shared_by_everybody")
    );
    EXPECT_THAT(
        refused_guest("unique_symbol"), EndsWith("compile with -fno-gnu-unique [TENON-P043]")
    );
    EXPECT_THAT(refused_guest("static_tls"), StartsWith("uses static thread-local storage"));
    EXPECT_THAT(refused_guest("executable_stack"), StartsWith("wants an executable stack"));
    EXPECT_THAT(refused_guest("text_relocations"), StartsWith("has text relocations"));
}

TEST_F(Refusal, OfACallableThatAnotherPluginHas) {
    EXPECT_EQ(
        refused_guest("thief"),
        "(plugin guest.thief) declares linear::LinearStep1Handler, which plugin com.tenon.linear "
        "(" +
            linear.string() +
            ") already provides: rename one, or say whose it is with --map "
            "linear::LinearStep1Handler=PLUGIN_ID [TENON-P064]"
    );
    EXPECT_EQ(
        refused_guest("impostor"),
        "has the id com.tenon.linear of " + linear.string() +
            ": remove one of the two files [TENON-P065]"
    );
}

TEST_F(Refusal, OfAPluginThatDoesNotStart) {
    const auto sentence = refused_guest("failing_init");
    EXPECT_THAT(sentence, StartsWith("refused to start: no licence!!!"));
    EXPECT_LT(sentence.size(), 1100U);
    EXPECT_THAT(lines_, ::testing::ElementsAre("guest.failing_init: starting"));
    EXPECT_EQ(refused_guest("twice"), "declares guest::Twice twice: rename one [TENON-P035]");
    EXPECT_EQ(
        refused_guest("no_handlers"),
        "declares no handler: declare one with TENON_HANDLER [TENON-P063]"
    );
}

}  // namespace
}  // namespace tenon::plugin_host
