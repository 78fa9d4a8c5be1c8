#include "plugin_host/runner/protocol/frame.hpp"

#include "plugin_host/runner/protocol/frame_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using ::testing::HasSubstr;
using enum FrameSocket::Outcome;

std::array<char, FrameHeader::bytes> header(std::uint32_t size, std::uint8_t type, char zero = 0) {
    std::array<char, FrameHeader::bytes> bytes{};
    std::memcpy(bytes.data(), &size, sizeof size);
    bytes[4] = static_cast<char>(type);
    bytes[5] = zero;
    return bytes;
}

TEST(Frame, TellsItsSizeItsTypeAndItsCall) {
    std::string buffer;
    const auto frame = FrameWriter(buffer, FrameType::result, 513).text("{}").finish();
    ASSERT_TRUE(frame);

    const auto read =
        read_header(std::span<const char, FrameHeader::bytes>(frame->data(), FrameHeader::bytes));

    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->type, FrameType::result);
    EXPECT_EQ(read->size, 6U);
    EXPECT_EQ(read->call, 513U);
    EXPECT_EQ(frame->size(), 14U);
}

TEST(Frame, OfNoKnownTypeIsRefused) {
    for (const unsigned type : {0U, 4U, 15U, 26U, 255U}) {
        const auto read = read_header(header(0, static_cast<std::uint8_t>(type)));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().detail, "a frame of unknown type " + std::to_string(type));
    }
    EXPECT_FALSE(read_header(header(0, 18, 1)));
}

TEST(Frame, LargerThanItsTypeMayBeIsRefusedBeforeItIsRead) {
    const auto read = read_header(header(0xffffffff, static_cast<int>(FrameType::result)));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().detail, HasSubstr("with 4294967295 bytes, more than 8454144"));
    EXPECT_FALSE(read_header(header(17, static_cast<int>(FrameType::yielded))));
    EXPECT_TRUE(read_header(header(16, static_cast<int>(FrameType::yielded))));
}

TEST(Frame, ThatIsTooLargeIsNotWritten) {
    std::string buffer;
    const auto frame =
        FrameWriter(buffer, FrameType::heartbeat, 1).text(std::string(100'000, 'x')).finish();

    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().detail, "100004 bytes are more than the 65536 of a call");
}

TEST(FrameReader, ReadsWhatWasWritten) {
    std::string buffer;
    const auto frame = FrameWriter(buffer, FrameType::call, 1)
                           .u8(7)
                           .u32(1U << 31U)
                           .u64(std::uint64_t{1} << 63U)
                           .i64(-1)
                           .f64(0.25)
                           .text("text")
                           .text("")
                           .finish();
    FrameReader reader(frame->substr(FrameHeader::bytes));

    EXPECT_EQ(reader.u8(), 7);
    EXPECT_EQ(reader.u32(), 1U << 31U);
    EXPECT_EQ(reader.u64(), std::uint64_t{1} << 63U);
    EXPECT_EQ(reader.i64(), -1);
    EXPECT_EQ(reader.f64(), 0.25);
    EXPECT_EQ(reader.text(), "text");
    EXPECT_EQ(reader.text(), "");
    EXPECT_TRUE(reader.complete());
}

TEST(FrameReader, NeverReadsBeyondTheEnd) {
    const std::string longer(
        "\xff\xff\xff\xff"
        "ab",
        6
    );
    FrameReader reader(longer);
    EXPECT_EQ(reader.text(), "");
    EXPECT_EQ(reader.u32(), 0U);
    EXPECT_FALSE(reader.complete());

    FrameReader crowded(longer);
    EXPECT_EQ(crowded.count(1), 0U);
    EXPECT_FALSE(crowded.complete());

    FrameReader left_over("abc");
    left_over.u8();
    EXPECT_FALSE(left_over.complete());
}

class FrameSockets : public ::testing::Test {
protected:
    FrameSockets() {
        std::array<int, 2> ends{};
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
        ours_ = std::make_unique<FrameSocket>(FileDescriptor(ends[0]));
        theirs_ = FileDescriptor(ends[1]);
    }

    void write(std::string_view bytes) const {
        ASSERT_EQ(::write(theirs_.get(), bytes.data(), bytes.size()), std::ssize(bytes));
    }

    FrameSocket::Outcome receive() { return ours_->receive(frame_); }

    std::unique_ptr<FrameSocket> ours_;
    FileDescriptor theirs_;
    Frame frame_;
};

TEST_F(FrameSockets, TakeFramesApartHoweverTheyArrive) {
    std::string buffer;
    std::string stream;
    for (const auto* text : {"one", "two", ""}) {
        stream += *FrameWriter(buffer, FrameType::result, 3).text(text).finish();
    }
    std::thread writer([&] {
        for (const char byte : stream) {
            write({&byte, 1});
        }
    });
    for (const auto* text : {"one", "two", ""}) {
        ASSERT_EQ(receive(), done);
        EXPECT_EQ(FrameReader(frame_.payload).text(), text);
    }
    writer.join();
}

TEST_F(FrameSockets, CarryMoreThanASocketHolds) {
    const std::string large(std::size_t{8} << 20U, 'x');
    std::string buffer;
    const auto frame = FrameWriter(buffer, FrameType::result, 3).text(large).finish();
    FrameSocket sender(std::move(theirs_));
    std::thread writer([&] { EXPECT_EQ(sender.send(*frame), done); });

    ASSERT_EQ(receive(), done);
    EXPECT_EQ(FrameReader(frame_.payload).text(), large);
    writer.join();
}

TEST_F(FrameSockets, NoticeTheEnd) {
    write(std::string_view("\x08\0\0\0\x12", 5));
    theirs_.reset();

    EXPECT_EQ(receive(), closed);
    EXPECT_EQ(ours_->send("frame"), closed);
}

TEST_F(FrameSockets, SayWhatIsWrongWithNonsense) {
    write("GET / HTTP/1.1\r\n\r\n");

    EXPECT_EQ(receive(), malformed);
    EXPECT_THAT(ours_->fault(), HasSubstr("a frame of unknown type 47"));
}

TEST_F(FrameSockets, GiveUpWhenToldTo) {
    ours_->set_patience(std::chrono::milliseconds(1));
    EXPECT_EQ(ours_->receive(frame_, [](int, short) { return false; }), given_up);

    const std::string endless(std::size_t{16} << 20U, 'x');
    EXPECT_EQ(ours_->send(endless, [](int, short) { return false; }), given_up);
}

}  // namespace
}  // namespace tenon::plugin_host
