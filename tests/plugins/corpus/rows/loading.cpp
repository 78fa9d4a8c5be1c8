// Rows 1 to 22: plugins that must not get in, and some that get in all the same.

#include "expectations.hpp"
#include "foundation/sha256.hpp"
#include "scenarios.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <elf.h>
#include <random>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

namespace tenon::corpus::rows {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace plugin_host;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

void no_entry(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(host, {{"no_entry", "exports no tenon_plugin_v1", "TENON-P030"}});
}

void no_note(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(host, {{"no_note", "has no ABI note", "TENON-P032"}});
}

void other_major(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(
        host, {{"next_major", "is built for plugin ABI 2, but this host speaks 1", "TENON-P031"}}
    );
}

void two_majors(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "both_majors");
    EXPECT_EQ(host.answer("guest::NextMajor"), "{}");
}

void newer_minor(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "newer_minor");
    EXPECT_EQ(host.answer("guest::NewerMinor"), "true");
}

void oldest_minor(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const auto fossil = fs::path(TENON_SOURCE_DIR) / "tests/plugins/fossils/v1.0-c-gcc.so";
    const auto loaded = host.deploy_bytes("oldest", tenon::testing::read_file(fossil));
    ASSERT_TRUE(loaded) << loaded.error().detail;
    EXPECT_EQ(loaded->abi_minor, 0U);
    expect_refused(host, {{"entry_size_old", "has a malformed tenon_plugin_v1", "TENON-P061"}});
}

void odd_entry(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const std::string words = "has a malformed tenon_plugin_v1";
    expect_refused(
        host,
        {{"entry_size_0", words, "TENON-P061"},
         {"entry_size_huge", words, "TENON-P061"},
         {"entry_magic", words, "TENON-P061"},
         {"bad_entry", words, "TENON-P061"}}
    );
}

void truncated(const Trial& trial) {
    constexpr std::size_t lengths = 400;
    ServingHost host(trial.mode, trial.directory);
    const auto whole = CorpusHost::bytes("rolling_a1");
    for (std::size_t i = 1; i < lengths; ++i) {
        const auto size = whole.size() * i / lengths;
        host.put("cut", std::string_view(whole).substr(0, size));
        EXPECT_THAT(refusal(host, "cut"), ::testing::StartsWith("is truncated, its ")) << size;
    }
    host.put("cut", "");
    expect_words(refusal(host, "cut"), "is empty", "TENON-P020", "nothing at all");
}

// As a bad disk leaves them: what an allow-list does not catch, a scout does.
void corrupted(const Trial& trial) {
    const auto whole = CorpusHost::bytes("rolling_a1");
    {
        const auto list = trial.directory / "allowed";
        std::ofstream(list) << sha256_hex(whole) << "  a.so\n"
                            << sha256_hex(CorpusHost::bytes("rolling_b1")) << "  b.so\n";
        ServingHost strict(trial.mode, trial.directory, [&](auto& options) {
            options.registry.trust.allow_list = list;
        });
        auto flipped = whole;
        flipped[flipped.size() / 2] ^= 1;
        strict.put("flipped", flipped);
        expect_words(refusal(strict, "flipped"), "", "TENON-P010", "a flipped bit");
    }
    ServingHost host(trial.mode, trial.directory);
    constexpr std::size_t tails = 40;
    for (std::size_t i = 1; i < tails; ++i) {
        auto blank = whole;
        std::fill(blank.begin() + static_cast<long>(whole.size() * i / tails), blank.end(), '\0');
        host.put("blank", blank);
        EXPECT_NE(refusal(host, "blank"), "accepted") << "blank from part " << i;
    }
    constexpr int flips = 80;
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bits every time.
    for (int i = 0; i < flips; ++i) {
        auto flipped = whole;
        flipped[random() % flipped.size()] ^= static_cast<char>(1U << random() % 8U);
        host.put("flipped", flipped);
        refusal(host, "flipped");  // Most bits of a file mean nothing; none may harm the host.
    }
    expect_refused(host, {{"load_crash", "was ended by SIGSEGV while it was", "TENON-V101"}});
}

void foreign_formats(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const auto whole = CorpusHost::bytes("rolling_a1");
    const auto with = [&](std::size_t at, char value) {
        auto changed = whole;
        changed.at(at) = value;
        return changed;
    };

    const struct {
        std::string content;
        std::string words;
        std::string rule;
    } all[] = {
        {with(offsetof(Elf64_Ehdr, e_machine), static_cast<char>(EM_AARCH64)),
         "is built for aarch64, but this host runs on",
         "TENON-P021"},
        {with(EI_CLASS, ELFCLASS32), "is no 64-bit little-endian object", "TENON-P021"},
        {with(EI_DATA, ELFDATA2MSB), "is no 64-bit little-endian object", "TENON-P021"},
        {with(offsetof(Elf64_Ehdr, e_type), ET_EXEC), "is no shared object", "TENON-P022"},
        {tenon::testing::read_file("/proc/self/exe"), "exports no tenon_plugin_v1", "TENON-P030"},
        {"just text\n", "is no shared object, it does not begin like an ELF file", "TENON-P020"},
        {"", "is empty", "TENON-P020"},
    };

    for (const auto& [content, words, rule] : all) {
        host.put("foreign", content);
        expect_words(refusal(host, "foreign"), words, rule, words);
    }
}

namespace {

void expect_at_once(CorpusHost& host, const std::string& name, const std::string& rule) {
    constexpr auto at_once = 1s;  // On a machine that does other things too.
    const auto begin = Clock::now();
    expect_words(refusal(host, name), "", rule, name);
    EXPECT_LT(Clock::now() - begin, at_once) << name;
    fs::remove(host.file(name));
}

}  // namespace

void no_regular_files(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    ASSERT_EQ(::mkfifo(host.file("fifo").c_str(), 0600), 0);
    expect_at_once(host, "fifo", "TENON-P003");

    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    host.file("socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    expect_at_once(host, "socket", "TENON-P001");

    // Only root may make a device; a host finds one in its folder as rarely.
    if (::mknod(host.file("device").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) {
        expect_at_once(host, "device", "TENON-P003");
    }
    fs::create_directory(host.file("directory"));
    expect_at_once(host, "directory", "TENON-P003");
    fs::create_symlink("/usr/lib/x86_64-linux-gnu/libc.so.6", host.file("out"));
    expect_at_once(host, "out", "TENON-P002");
    fs::create_symlink("/nowhere/x.so", host.file("dangling"));
    expect_at_once(host, "dangling", "TENON-P002");
    fs::resize_file(host.put("sparse", "x"), std::uintmax_t{10} << 30U);
    expect_at_once(host, "sparse", "TENON-P006");
}

void untrusted_files(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const auto file = host.put("open", CorpusHost::bytes("rolling_a1"));
    ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
    expect_words(refusal(host, "open"), "", "TENON-P005", "a file that everybody may write");
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    ASSERT_EQ(::chmod(host.folder().c_str(), 0777), 0);
    expect_words(refusal(host, "open"), "", "TENON-P007", "a folder that everybody may write");
    ASSERT_EQ(::chmod(host.folder().c_str(), 0700), 0);
    constexpr uid_t nobody = 65534;
    if (::chown(file.c_str(), nobody, nobody) == 0) {  // Only root may.
        expect_words(refusal(host, "open"), "", "TENON-P004", "a file of somebody else");
        ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
    }
    EXPECT_EQ(refusal(host, "open"), "accepted");
}

void unresolved_symbol(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(
        host,
        {{"undefined_symbol",
          "needs the symbol nobody_defines_this, which nothing provides",
          "TENON-P044"}}
    );
}

void missing_libraries(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(
        host,
        {{"nowhere", "cannot be loaded, libnowhere.so.9: cannot open", "TENON-P060"},
         {"future", "needs GLIBC_9.9 of libc.so.6", "TENON-P046"}}
    );
}

void dangerous_linking(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(
        host,
        {{"executable_stack", "wants an executable stack", "TENON-P040"},
         {"text_relocations", "has text relocations", "TENON-P041"},
         {"static_tls", "uses static thread-local storage", "TENON-P042"},
         {"unique_symbol", "compile with -fno-gnu-unique", "TENON-P043"}}
    );
}

void violent_constructors(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory, [](auto& options) {
        options.trial = std::make_shared<ScoutTrial>(
            Scout({.program = TENON_BINARY_DIR "/tenon-plugin-scout", .limit = 2s})
        );
    });
    expect_refused(
        host,
        {{"throw_on_load", "ended its process with exit code 70 while it was", "TENON-V101"},
         {"load_abort", "was ended by SIGABRT while it was tried", "TENON-V101"},
         {"load_exit", "ended its process with exit code 0 while it was tried", "TENON-V101"},
         {"load_sleep", "had not ended after", "TENON-V101"}}
    );
    // A thread harms nobody while its code stays.
    expect_accepted(host, "thread_on_load");
    EXPECT_EQ(host.answer("corpus::Habit", "answer"), "42");
}

void crashing_resolver(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(host, {{"resolver", "was ended by SIGSEGV while it was tried", "TENON-V101"}});
}

void refusing_start(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "starts1", "starts");
    host.put("starts", CorpusHost::bytes("starts_never"));
    const auto sentence = refusal(host, "starts");
    expect_words(sentence, "refused to start: no licence!!!", "TENON-P062", "starts_never");
    EXPECT_LT(sentence.size(), 1200U);
    EXPECT_EQ(host.answer("corpus::Starts", "version"), R"("1.0.0")");
}

void refusing_second_start(const Trial& trial) {
    const auto seal = trial.directory / "seal";
    ::setenv("CORPUS_SEAL", seal.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ServingHost host(trial.mode, trial.directory);
    expect_accepted(host, "starts1", "starts");
    std::ofstream(seal) << "sealed";
    host.put("starts", CorpusHost::bytes("starts2"));
    expect_words(
        refusal(host, "starts"), "refused to start: once is enough", "TENON-P062", "starts2"
    );
    EXPECT_EQ(host.answer("corpus::Starts", "version"), R"("1.0.0")");
}

void duplicate_in_one(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    expect_refused(host, {{"twice", "declares guest::Twice twice", "TENON-P035"}});
}

void duplicate_in_two(const Trial& trial) {
    {
        ServingHost host(trial.mode, trial.directory);
        expect_accepted(host, "gate1");
        expect_refused(
            host, {{"rival", "declares corpus::Gate, which plugin corpus.gate", "TENON-P064"}}
        );
        host.restart();
        EXPECT_EQ(host.handler("corpus::Gate")->generation().info().id, "corpus.gate")
            << "the first file by name, every time";
    }
    ServingHost mapped(trial.mode, trial.directory, [](auto& options) {
        options.registry.mappings["corpus::Gate"] = "corpus.names";
    });
    expect_accepted(mapped, "rival");
    EXPECT_EQ(mapped.handler("corpus::Gate")->generation().info().id, "corpus.names");
    EXPECT_EQ(mapped.lifecycle().registry().plugins().size(), 3U);
}

void odd_names(const Trial& trial) {
    ServingHost host(trial.mode, trial.directory);
    const std::string words = "declares a callable whose name ";
    expect_refused(
        host,
        {{"empty_name", words, "TENON-P033"},
         {"odd_name", words, "TENON-P033"},
         {"name_of_a_mebibyte", words, "TENON-P033"},
         {"name_with_zero", words, "TENON-P033"}}
    );
}

}  // namespace tenon::corpus::rows
