#include "plugin_host/snapshot.hpp"

#include "foundation/sha256.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t limit = 1024;

class SnapshotTest : public ::testing::Test {
protected:
    std::string refusal(const fs::path& file) {
        const auto taken = directory_.take(file, {.max_bytes = limit});
        return taken ? "accepted" : taken.error().detail;
    }

    tenon::testing::PrivateDirectory files_;
    SnapshotDirectory directory_{files_.path() / "snapshots"};
};

TEST_F(SnapshotTest, CopiesAndHashesAFileIntoAPlaceOfItsOwn) {
    const auto file = files_.write("a.so", "some bytes");
    auto taken = directory_.take(file, {.max_bytes = limit});
    ASSERT_TRUE(taken) << taken.error().detail;
    EXPECT_EQ(taken->source(), file);
    EXPECT_EQ(taken->sha256(), sha256_hex("some bytes"));
    EXPECT_EQ(tenon::testing::read_file(taken->copy()), "some bytes");
    EXPECT_EQ(fs::status(directory_.path()).permissions(), fs::perms::owner_all);

    files_.write("a.so", "other");
    const auto bytes = taken->bytes();
    ASSERT_TRUE(bytes);
    const std::string_view seen(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    EXPECT_EQ(seen, "some bytes");
}

TEST_F(SnapshotTest, NeverUsesAPathTwice) {
    const auto file = files_.write("a.so", "x");
    fs::path first;
    {
        const auto taken = directory_.take(file, {.max_bytes = limit});
        ASSERT_TRUE(taken);
        first = taken->copy();
        EXPECT_TRUE(fs::exists(first));
    }
    EXPECT_FALSE(fs::exists(first));
    const auto again = directory_.take(file, {.max_bytes = limit});
    ASSERT_TRUE(again);
    EXPECT_NE(again->copy(), first);
}

TEST_F(SnapshotTest, RefusesWhatIsNoRegularFileWithoutWaiting) {
    const auto fifo = files_.path() / "fifo.so";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_THAT(refusal(fifo), EndsWith("is no regular file: name the .so itself [TENON-P003]"));
    EXPECT_THAT(
        refusal("/dev/null"), EndsWith("is no regular file: name the .so itself [TENON-P003]")
    );
    EXPECT_THAT(
        refusal(files_.path()), EndsWith("is no regular file: name the .so itself [TENON-P003]")
    );
    const auto link = files_.path() / "link.so";
    fs::create_symlink(files_.write("a.so", "x"), link);
    EXPECT_EQ(
        refusal(link),
        link.string() + " is a symbolic link: name the file it points to [TENON-P002]"
    );
    EXPECT_EQ(
        refusal("/nowhere/a.so"),
        "/nowhere/a.so cannot be opened: No such file or directory [TENON-P001]"
    );
}

TEST_F(SnapshotTest, RefusesAFileThatOthersCouldHaveWritten) {
    const auto file = files_.write("a.so", "x");
    ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
    EXPECT_THAT(refusal(file), HasSubstr("can be written by other users: run chmod go-w"));
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    EXPECT_EQ(refusal(file), "accepted");
    ASSERT_EQ(::chmod(files_.path().c_str(), 0777), 0);
    EXPECT_THAT(refusal(file), HasSubstr("lies in a directory that others can write to"));
    ASSERT_EQ(::chmod(files_.path().c_str(), 0700), 0);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
        EXPECT_THAT(refusal(file), HasSubstr("belongs to user 12345, but this host trusts only"));
    }
}

TEST_F(SnapshotTest, RefusesAFileBeyondTheLimitAndTakesOneAtIt) {
    EXPECT_EQ(refusal(files_.write("a.so", std::string(limit, 'x'))), "accepted");
    EXPECT_THAT(
        refusal(files_.write("b.so", std::string(limit + 1, 'x'))),
        HasSubstr("has 1025 bytes, more than the 1024 it may have")
    );
}

TEST(SnapshotDirectory, RemovesWhatADeadProcessLeftAndNothingElse) {
    const tenon::testing::PrivateDirectory root;
    const auto orphan = root.path() / "plugins-abcdef";
    fs::create_directory(orphan);
    fs::create_directory(root.path() / "somebody-elses");
    const SnapshotDirectory living(root.path());
    EXPECT_FALSE(fs::exists(orphan));
    EXPECT_TRUE(fs::exists(root.path() / "somebody-elses"));

    std::optional<SnapshotDirectory> other(root.path());
    EXPECT_TRUE(fs::exists(living.path()));
    EXPECT_NE(living.path(), other->path());
    const auto path = other->path();
    other.reset();
    EXPECT_FALSE(fs::exists(path));
}

TEST(SnapshotDirectory, IsUnusableWhereOthersCanWrite) {
    const tenon::testing::PrivateDirectory root;
    ASSERT_EQ(::chmod(root.path().c_str(), 0777), 0);
    try {
        const SnapshotDirectory directory(root.path());
        ADD_FAILURE() << "a world-writable directory was accepted";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("other users can write to it; choose another"));
    }
    EXPECT_THROW(SnapshotDirectory("/proc/nowhere"), Exception);
}

}  // namespace
}  // namespace tenon::plugin_host
