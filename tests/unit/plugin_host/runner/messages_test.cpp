#include "plugin_host/runner/protocol/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tenon::plugin_host {
namespace {

using std::chrono::milliseconds;

/// The payload of a frame that was just written.
std::string payload(const Result<std::string_view>& frame) {
    return std::string(frame.value().substr(FrameHeader::bytes));
}

HelloMessage hello() {
    return {
        .id = "com.example.a",
        .version = "1.2.3",
        .sdk = "c++",
        .abi_major = 1,
        .abi_minor = 9,
        .unconfined = "an old kernel",
        .handlers =
            {{.declared = true,
              .traits = {.callable = "a::B", .methods = {"call", "refund"}, .max_concurrency = 3}},
             {.declared = false, .traits = {.callable = "a#tenon_step_c"}}}
    };
}

std::string written_hello(const HelloMessage& message) {
    std::string buffer;
    return payload(write_hello(buffer, message));
}

TEST(RunnerMessages, SayHello) {
    EXPECT_EQ(read_hello(written_hello(hello())), hello());
}

TEST(RunnerMessages, RefuseAHelloThatNoPluginCanHave) {
    const auto spoiled = [](auto spoil) {
        auto message = hello();
        spoil(message);
        return read_hello(written_hello(message));
    };
    EXPECT_FALSE(spoiled([](auto& message) { message.id = ""; }));
    EXPECT_FALSE(spoiled([](auto& message) { message.id = "\xff"; }));
    EXPECT_FALSE(spoiled([](auto& message) { message.version = std::string(257, 'v'); }));
    EXPECT_FALSE(spoiled([](auto& message) { message.handlers[1] = message.handlers[0]; }));
    EXPECT_FALSE(spoiled([](auto& message) {
        message.handlers[0].traits.callable = std::string("a\0b", 3);
    }));
    EXPECT_FALSE(spoiled([](auto& message) { message.handlers[0].traits.methods = {}; }));
}

TEST(RunnerMessages, RefuseAnotherProtocol) {
    auto bytes = written_hello(hello());
    bytes[0] = static_cast<char>(runner_protocol + 1);
    EXPECT_FALSE(read_hello(bytes));
    std::string buffer;
    auto load = payload(write_load(buffer, {.copy = "/a", .source = "/b", .sha256 = "c"}));
    EXPECT_EQ(read_load(load).value().source, "/b");
    load[0] = static_cast<char>(runner_protocol + 1);
    EXPECT_FALSE(read_load(load));
}

TEST(RunnerMessages, KeepAFailureAsItIs) {
    const StepFailure failure{
        .message = "declined",
        .error_type = "PaymentError",
        .error_code = "CARD_DECLINED",
        .context_json = R"({"card":"1"})",
        .retryable = false,
        .retry_after = milliseconds(1500)
    };
    std::string buffer;
    const auto outcome =
        read_outcome(FrameType::failure, payload(write_outcome(buffer, 1, failure)));

    const auto& read = std::get<StepFailure>(outcome.value());
    EXPECT_EQ(read.message, failure.message);
    EXPECT_EQ(read.error_type, failure.error_type);
    EXPECT_EQ(read.error_code, failure.error_code);
    EXPECT_EQ(read.context_json, failure.context_json);
    EXPECT_EQ(read.retryable, failure.retryable);
    EXPECT_EQ(read.retry_after, failure.retry_after);
}

TEST(RunnerMessages, MakeAForgedFailureFitForTheDatabase) {
    const StepFailure forged{
        .message = std::string(10'000, '\xff') + std::string(1, '\0'),
        .error_type = std::string(5'000, 't'),
        .error_code = std::string("a\0b", 3),
        .context_json = R"({"open":)",
        .retryable = {},
        .retry_after = milliseconds(std::numeric_limits<std::int64_t>::max())
    };
    std::string buffer;
    const auto outcome =
        read_outcome(FrameType::failure, payload(write_outcome(buffer, 1, forged)));

    const auto& read = std::get<StepFailure>(outcome.value());
    EXPECT_LE(read.message.size(), 4096U);
    EXPECT_THAT(read.message, ::testing::StartsWith("\xEF\xBF\xBD"));
    EXPECT_EQ(read.error_type.size(), 128U);
    EXPECT_EQ(read.error_code, "a b");
    EXPECT_EQ(read.context_json, "");
    EXPECT_EQ(read.retry_after, std::chrono::hours(24 * 30));
}

TEST(RunnerMessages, RefuseResultsThatWereNotChecked) {
    std::string buffer;
    for (const auto* json : {"", "{", "[1,]", "\"\xff\"", R"("\u0000")", "NaN"}) {
        const auto bytes = payload(write_outcome(buffer, 1, std::string(json)));
        EXPECT_FALSE(read_outcome(FrameType::result, bytes)) << json;
    }
    EXPECT_FALSE(read_outcome(FrameType::yielded, "x"));
    EXPECT_FALSE(read_outcome(FrameType::call, ""));
}

TEST(RunnerMessages, CarryACall) {
    const std::vector<DependencyView> dependencies{{"a", "[1]"}, {"b", "2"}};
    StepCall step;
    step.method = "refund";
    step.context_json = R"({"a" : 1.50})";
    step.deadline_mono_ns = -7;
    step.attempt = 3;
    step.dependencies = dependencies;
    std::string buffer;
    const auto bytes = payload(write_call(buffer, 9, 4, step));

    const auto read = read_call(bytes);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->handler, 4U);
    EXPECT_FALSE(read->has_services);
    EXPECT_EQ(read->step.method, "refund");
    EXPECT_EQ(read->step.context_json, step.context_json);
    EXPECT_EQ(read->step.deadline_mono_ns, -7);
    EXPECT_EQ(read->step.attempt, 3U);
    ASSERT_EQ(read->dependencies.size(), 2U);
    EXPECT_EQ(read->dependencies[1].result_json, "2");
}

TEST(RunnerMessages, RefuseProgressThatIsNone) {
    const auto beat = [](std::uint8_t known, double fraction) {
        std::string buffer;
        FrameWriter writer(buffer, FrameType::heartbeat, 1);
        return read_heartbeat(payload(writer.u8(known).f64(fraction).text("m").finish()));
    };
    EXPECT_EQ(beat(1, 0.5)->fraction, 0.5);
    EXPECT_EQ(beat(0, 7)->fraction, std::nullopt);
    EXPECT_FALSE(beat(1, 1.5));
    EXPECT_FALSE(beat(1, std::numeric_limits<double>::quiet_NaN()));
}

TEST(RunnerMessages, SurviveEveryCutAndEveryMutation) {
    std::mt19937 random(42);  // NOLINT(cert-msc51-cpp): the same run every time.
    std::string buffer;
    StepCall step;
    step.context_json = "{}";
    const std::vector<DependencyView> dependencies{{"a", "[1]"}};
    step.dependencies = dependencies;
    const std::vector<std::string> originals{
        written_hello(hello()),
        payload(write_call(buffer, 1, 2, step)),
        payload(write_answer(buffer, 1, {Reply::yes, "text"})),
        payload(write_outcome(buffer, 1, StepFailure{"m", "t", "c", "{}", true, milliseconds(1)})),
        payload(write_outcome(buffer, 1, std::string("[1,2]"))),
        payload(write_refused(buffer, {ErrorCode::conflict, "why"}))
    };
    const auto read_all = [](std::string_view bytes) {
        read_hello(bytes);
        read_call(bytes);
        read_answer(bytes);
        read_refused(bytes);
        read_load(bytes);
        read_event(bytes);
        read_log(bytes);
        read_heartbeat(bytes);
        for (const auto type : {FrameType::result, FrameType::failure, FrameType::yielded}) {
            read_outcome(type, bytes);
        }
    };
    for (const auto& original : originals) {
        for (std::size_t size = 0; size < original.size(); ++size) {
            // A copy of exactly this size, so that a sanitizer sees what is read beyond it.
            const std::vector<char> cut(original.begin(), original.begin() + std::ptrdiff_t(size));
            read_all({cut.data(), cut.size()});
        }
        EXPECT_FALSE(read_hello(original.substr(0, original.size() - 1)));
        EXPECT_FALSE(read_call(original.substr(0, original.size() - 1)));
        for (int i = 0; i < 2000; ++i) {
            auto mutated = original;
            for (int flips = 0; flips < 3; ++flips) {
                mutated[random() % mutated.size()] = static_cast<char>(random());
            }
            read_all(mutated);
        }
    }
}

}  // namespace
}  // namespace tenon::plugin_host
