#include "plugin_host/trust/trust_policy.hpp"

#include "foundation/sha256.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// An ed25519 key pair, made for one test.
class KeyPair {
public:
    KeyPair() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {}

    std::string public_pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> sink(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_PUBKEY(sink.get(), key_.get());
        char* text = nullptr;
        const auto size = BIO_get_mem_data(sink.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }

    std::string sign(std::string_view bytes) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
            EVP_MD_CTX_new(), &EVP_MD_CTX_free
        );
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
        std::array<unsigned char, 64> signature{};
        auto size = signature.size();
        const auto* text = reinterpret_cast<const unsigned char*>(bytes.data());
        EVP_DigestSign(context.get(), signature.data(), &size, text, bytes.size());
        return {reinterpret_cast<const char*>(signature.data()), size};
    }

private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

class TrustPolicyTest : public ::testing::Test {
protected:
    TrustPolicyTest() { fs::create_directory(files_.path() / "keys"); }

    std::string verdict(const fs::path& file) {
        auto snapshot = directory_.take(file, policy_.files);
        if (!snapshot) {
            return snapshot.error().detail;
        }
        const auto checked = authorise(*snapshot, policy_);
        return checked ? "trusted" : checked.error().detail;
    }

    fs::path key_file(const std::string& name, std::string_view text) const {
        return files_.write("keys/" + name, text);
    }

    tenon::testing::PrivateDirectory files_;
    SnapshotDirectory directory_{files_.path() / "snapshots"};
    TrustPolicy policy_;
    fs::path plugin_ = files_.write("a.so", "the plugin");
};

TEST_F(TrustPolicyTest, AsksForNothingByDefault) {
    EXPECT_EQ(verdict(plugin_), "trusted");
}

TEST_F(TrustPolicyTest, TakesOnlyWhatIsOnTheList) {
    policy_.allow_list = files_.write(
        "list", "# ours\n\n" + sha256_hex("the plugin") + "  a.so\n" + sha256_hex("b") + " *b.so\n"
    );
    EXPECT_EQ(verdict(plugin_), "trusted");
    files_.write("a.so", "another");
    EXPECT_EQ(
        verdict(plugin_),
        plugin_.string() + " is not on the list of allowed plugins: add its SHA-256 " +
            sha256_hex("another") + " to " + policy_.allow_list.string() + " [TENON-P010]"
    );
}

TEST_F(TrustPolicyTest, RefusesAListThatIsNoneOrThatOthersCanWrite) {
    policy_.allow_list = files_.write("list", "# ours\na.so\n");
    EXPECT_THAT(verdict(plugin_), HasSubstr("list does not begin line 2 with a SHA-256"));
    EXPECT_THAT(check_policy(policy_).error().detail, EndsWith("[TENON-P013]"));
    files_.write("list", sha256_hex("the plugin"));
    EXPECT_TRUE(check_policy(policy_));
    ASSERT_EQ(::chmod(policy_.allow_list.c_str(), 0666), 0);
    EXPECT_THAT(verdict(plugin_), EndsWith("run chmod go-w on it [TENON-P005]"));
    policy_.allow_list = files_.path() / "missing";
    EXPECT_THAT(check_policy(policy_).error().detail, EndsWith("[TENON-P001]"));
}

TEST_F(TrustPolicyTest, TakesOnlyWhatAKeySigns) {
    const KeyPair ours;
    const KeyPair others;
    policy_.keys = files_.path() / "keys";
    key_file("a.pem", KeyPair().public_pem());
    key_file("b.pem", ours.public_pem());
    EXPECT_THAT(verdict(plugin_), HasSubstr("a.so is not signed, there is no "));
    EXPECT_THAT(verdict(plugin_), EndsWith("[TENON-P011]"));
    files_.write("a.so.sig", ours.sign("the plugin"));
    EXPECT_EQ(verdict(plugin_), "trusted");
    files_.write("a.so.sig", others.sign("the plugin"));
    EXPECT_THAT(verdict(plugin_), HasSubstr("is not signed by any key of "));
    EXPECT_THAT(verdict(plugin_), EndsWith("[TENON-P012]"));
    files_.write("a.so.sig", ours.sign("the plugin") + "\n");
    EXPECT_THAT(verdict(plugin_), HasSubstr("has a signature of 65 bytes, not of 64"));
    files_.write("a.so.sig", ours.sign("the plugin"));
    files_.write("a.so", "the plugim");
    EXPECT_THAT(verdict(plugin_), EndsWith("[TENON-P012]"));
}

TEST_F(TrustPolicyTest, RefusesKeysThatAreNone) {
    policy_.keys = files_.path() / "keys";
    EXPECT_THAT(check_policy(policy_).error().detail, HasSubstr("has 0 public keys (*.pem)"));
    key_file("a.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    EXPECT_THAT(
        check_policy(policy_).error().detail, HasSubstr("a.pem is no ed25519 public key in PEM")
    );
    const auto file = key_file("a.pem", KeyPair().public_pem());
    EXPECT_TRUE(check_policy(policy_));
    ASSERT_EQ(::chmod(file.c_str(), 0622), 0);
    EXPECT_THAT(check_policy(policy_).error().detail, EndsWith("[TENON-P005]"));
    policy_.keys = files_.path() / "nowhere";
    EXPECT_THAT(check_policy(policy_).error().detail, HasSubstr("nowhere cannot be read"));
}

TEST_F(TrustPolicyTest, LooksAtEveryDirectoryAboveAFile) {
    fs::create_directories(files_.path() / "open" / "closed");
    const auto file = files_.write("open/closed/a.so", "x");
    EXPECT_EQ(verdict(file), "trusted");
    const auto open = files_.path() / "open";
    ASSERT_EQ(::chmod(open.c_str(), 0777), 0);
    EXPECT_EQ(
        verdict(file),
        file.string() + " lies in a directory that others can write to, " + open.string() +
            ": run chmod go-w on the directory [TENON-P007]"
    );
    ASSERT_EQ(::chmod(open.c_str(), 01777), 0);
    EXPECT_EQ(verdict(file), "trusted");
}

TEST_F(TrustPolicyTest, TrustsTheOwnersThatItIsTold) {
    fs::create_directory(files_.path() / "theirs");
    const auto file = files_.write("theirs/a.so", "x");
    if (::geteuid() == 0) {  // Nobody else can give files away.
        ASSERT_EQ(::chown((files_.path() / "theirs").c_str(), 12345, 0), 0);
        EXPECT_THAT(verdict(file), HasSubstr("theirs, which belongs to user 12345: move it"));
        EXPECT_THAT(verdict(file), EndsWith("[TENON-P008]"));
        policy_.files.owners = {12345};
        EXPECT_EQ(verdict(file), "trusted");
        ASSERT_EQ(::chown(file.c_str(), 54321, 0), 0);
        EXPECT_THAT(verdict(file), StartsWith(file.string() + " belongs to user 54321, but"));
    }
}

}  // namespace
}  // namespace tenon::plugin_host
