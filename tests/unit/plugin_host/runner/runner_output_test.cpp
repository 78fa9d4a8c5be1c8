#include "plugin_host/runner/runner_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(LineCutter, PutsLinesTogetherAndCutsLongOnes) {
    std::vector<std::string> lines;
    const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
    LineCutter cutter;
    cutter.feed("on", keep);
    cutter.feed("e\ntwo\n\nthr", keep);
    cutter.finish(keep);
    cutter.finish(keep);
    EXPECT_THAT(lines, ElementsAre("one", "two", "", "thr"));

    lines.clear();
    cutter.feed(std::string(5000, 'x') + "\n", keep);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].size(), 2048U);
    EXPECT_EQ(lines[2].size(), 5000U - 2 * 2048);
}

TEST(RateLimit, CountsWhatItKeepsBack) {
    const RateLimit::Time start{std::chrono::hours(1)};
    RateLimit rate;
    int admitted = 0;
    for (int i = 0; i < 500; ++i) {
        admitted += rate.admit(start + milliseconds(i)) ? 1 : 0;
    }
    EXPECT_EQ(admitted, 200);
    EXPECT_EQ(rate.take_dropped(start + milliseconds(500)), 0U);
    EXPECT_EQ(rate.take_dropped(start + milliseconds(1000)), 300U);
    EXPECT_EQ(rate.take_dropped(start + milliseconds(1000)), 0U);
    EXPECT_TRUE(rate.admit(start + milliseconds(1000)));
}

class RunnerOutputs : public ::testing::Test {
protected:
    RunnerOutputs() {
        std::array<FileDescriptor, 3> reads;
        for (std::size_t i = 0; i < reads.size(); ++i) {
            std::array<int, 2> ends{};
            if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
                throw std::runtime_error("no pipe");
            }
            reads.at(i) = FileDescriptor(ends[0]);
            writes_.at(i) = FileDescriptor(ends[1]);
        }
        output_ = std::make_unique<RunnerOutput>(
            RunnerOutput::Pipes{std::move(reads[0]), std::move(reads[1]), std::move(reads[2])},
            "com.example.a",
            [this](std::int32_t level, std::string_view plugin, std::string_view message) {
                lines_.push_back(
                    std::to_string(level) + "|" + std::string(plugin) + "|" + std::string(message)
                );
            }
        );
    }

    void write(std::size_t stream, std::string_view text) const {
        ASSERT_EQ(::write(writes_.at(stream).get(), text.data(), text.size()), std::ssize(text));
    }

    std::array<FileDescriptor, 3> writes_;
    std::vector<std::string> lines_;
    std::unique_ptr<RunnerOutput> output_;
};

TEST_F(RunnerOutputs, BecomeLinesOfLog) {
    write(0, "said\n");
    write(1, "complained \xff\n");
    write(2, "4for the record\n");
    write(2, "9no level\n");
    EXPECT_TRUE(output_->drain());
    EXPECT_THAT(
        lines_,
        ElementsAre(
            "2|com.example.a|stdout: said",
            "3|com.example.a|stderr: complained \xEF\xBF\xBD",
            "4|com.example.a|for the record"
        )
    );
}

TEST_F(RunnerOutputs, EndWithTheirPipes) {
    write(0, "half a line");
    for (auto& write : writes_) {
        write.reset();
    }
    EXPECT_FALSE(output_->drain());
    EXPECT_THAT(lines_, ElementsAre("2|com.example.a|stdout: half a line"));
}

TEST_F(RunnerOutputs, KeepTheLastWords) {
    for (int i = 0; i < 10; ++i) {
        write(1, std::string(1000, static_cast<char>('a' + i)) + "\n");
        output_->drain();
    }
    EXPECT_EQ(output_->last_words().size(), 4096U);
    EXPECT_THAT(output_->last_words(), ::testing::EndsWith("jjj\n"));
}

}  // namespace
}  // namespace tenon::plugin_host
