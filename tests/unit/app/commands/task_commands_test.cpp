// The task commands against a real HTTP server that plays a host.

#include "app/commands/task_get.hpp"
#include "app/commands/task_submit.hpp"
#include "app/commands/task_watch.hpp"
#include "foundation/error.hpp"
#include "foundation/http/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <sstream>
#include <thread>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string uuid = "0192f0c1-7a5b-7c3d-8e9f-123456780000";

std::string document(const std::string& status, const std::string& step_state) {
    const std::string result = step_state == "complete" ? "12345678901234567890" : "null";
    return R"({"task_uuid":")" + uuid + R"(","namespace":"n","name":"t","status":")" + status +
           R"(","steps":[{"step_no":1,"name":"only","state":")" + step_state +
           R"(","level":0,"attempts":1,"max_attempts":3,"result":)" + result + "}]}";
}

/// Answers each look at the task with the next of its documents, the last one again and again. An
/// empty document is an outage.
class PlayedHost {
public:
    explicit PlayedHost(std::deque<std::string> documents) : documents_(std::move(documents)) {
        Router router;
        router.add(
            {.method = "GET",
             .pattern = "/v1/tasks/{uuid}",
             .access = Access::open(),
             .handler = [this](auto) { return look(); }}
        );
        router.add(
            {.method = "POST",
             .pattern = "/v1/tasks",
             .access = Access::open(),
             .handler = [this](HttpRequest request) { return submit(std::move(request.body)); },
             .consumes = "application/json"}
        );
        server_.emplace(context_.get_executor(), std::move(router), HttpServer::Options{});
        asio::co_spawn(context_, server_->run(), asio::use_future);
        thread_ = std::thread([this] { context_.run(); });
    }

    ~PlayedHost() {
        context_.stop();
        thread_.join();
    }

    PlayedHost(const PlayedHost&) = delete;
    PlayedHost& operator=(const PlayedHost&) = delete;

    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_->listen_address().port);
    }

    std::string submitted() const { return submitted_; }

private:
    asio::awaitable<HttpResponse> look() {
        HttpResponse response{.body = documents_.front()};
        if (documents_.size() > 1) {
            documents_.pop_front();
        }
        if (response.body.empty()) {
            throw Exception({ErrorCode::unavailable, "the database is away"});
        }
        if (response.body == "none") {
            throw Exception({ErrorCode::not_found, "there is no task " + uuid});
        }
        co_return response;
    }

    asio::awaitable<HttpResponse> submit(std::string body) {
        submitted_ = std::move(body);
        if (submitted_.find("\"other\"") != std::string::npos) {
            throw Exception({ErrorCode::not_found, "unknown namespace 'other'"});
        }
        const bool duplicate = submitted_.find("\"idempotency_key\"") != std::string::npos;
        HttpResponse response{.status = duplicate ? 200U : 201U};
        response.body = R"({"task_uuid": ")" + uuid + R"(", "status": "steps_in_process")" +
                        (duplicate ? R"(, "duplicate": true})" : "}");
        co_return response;
    }

    std::deque<std::string> documents_;
    std::string submitted_;
    asio::io_context context_;
    std::optional<HttpServer> server_;
    std::thread thread_;
};

/// Streams that a test can read; no terminal.
class TaskCommandsTest : public ::testing::Test {
protected:
    TaskConsole console() {
        return {.in = in_, .out = out_, .err = err_, .traits = [] {
                    return TerminalTraits{.unicode = true};
                }};
    }

    std::istringstream in_;
    std::ostringstream out_;
    std::ostringstream err_;
};

TEST_F(TaskCommandsTest, SubmitPrintsTheTask) {
    const PlayedHost host({document("complete", "complete")});

    const auto code = submit_task({.url = host.url(), .target = "n/t"}, console());

    EXPECT_EQ(code, ExitCode::ok);
    EXPECT_EQ(
        out_.str(), "submitted task " + uuid + "\nwatch it with: tenon task watch " + uuid + "\n"
    );
    EXPECT_THAT(host.submitted(), HasSubstr(R"("namespace":"n","name":"t")"));
}

TEST_F(TaskCommandsTest, SubmitSaysThatTheKeyWasUsedBefore) {
    const PlayedHost host({document("complete", "complete")});

    const auto code =
        submit_task({.url = host.url(), .target = "n/t", .idempotency_key = "k"}, console());

    EXPECT_EQ(code, ExitCode::ok);
    EXPECT_THAT(out_.str(), StartsWith("already submitted as task " + uuid + "\n"));
    EXPECT_THAT(host.submitted(), HasSubstr(R"("idempotency_key":"k")"));
}

TEST_F(TaskCommandsTest, SubmitPrintsTheAnswerAsJson) {
    const PlayedHost host({document("complete", "complete")});

    submit_task({.url = host.url(), .target = "n/t", .json = true}, console());

    EXPECT_EQ(out_.str(), R"({"task_uuid":")" + uuid + R"(","status":"steps_in_process"})" + "\n");
}

TEST_F(TaskCommandsTest, SubmitWaitsForTheEnd) {
    const PlayedHost host(
        {document("steps_in_process", "in_progress"), document("complete", "complete")}
    );

    const auto code =
        submit_task({.url = host.url(), .target = "n/t", .wait = true, .json = true}, console());

    EXPECT_EQ(code, ExitCode::ok);
    EXPECT_EQ(out_.str(), document("complete", "complete") + "\n");
}

TEST_F(TaskCommandsTest, WatchPrintsALineForEachChange) {
    const PlayedHost host(
        {document("steps_in_process", "pending"),
         document("steps_in_process", "in_progress"),
         document("steps_in_process", "in_progress"),
         document("complete", "complete")}
    );

    const auto code = watch_task({.url = host.url(), .task_uuid = uuid}, console());

    EXPECT_EQ(code, ExitCode::ok);
    EXPECT_EQ(
        out_.str(),
        "  0.00 ms  task  steps_in_process  0 of 1 steps complete\n"
        "  0.00 ms  only  in_progress\n"
        "  0.00 ms  only  complete  12345678901234567890\n"
        "  0.00 ms  task  complete  1 of 1 steps complete\n"
    );
}

TEST_F(TaskCommandsTest, WatchPrintsAJsonObjectForEachChangeAndOneAtTheEnd) {
    const PlayedHost host(
        {document("steps_in_process", "in_progress"), document("cancelled", "cancelled")}
    );

    const auto code = watch_task({.url = host.url(), .task_uuid = uuid, .json = true}, console());

    EXPECT_EQ(code, ExitCode::task_failed);
    std::istringstream lines(out_.str());
    std::vector<std::string> read;
    for (std::string line; std::getline(lines, line);) {
        read.push_back(line);
    }
    ASSERT_EQ(read.size(), 5U);
    EXPECT_THAT(read[0], StartsWith(R"({"event":"step",)"));
    EXPECT_THAT(read[1], HasSubstr(R"("status":"steps_in_process")"));
    EXPECT_THAT(read[2], HasSubstr(R"("state":"cancelled")"));
    EXPECT_THAT(read[3], HasSubstr(R"("status":"cancelled")"));
    EXPECT_THAT(read[4], HasSubstr("\"task\":" + document("cancelled", "cancelled")));
}

TEST_F(TaskCommandsTest, WatchWaitsOutAnOutage) {
    const PlayedHost host(
        {document("steps_in_process", "in_progress"), "", "", document("complete", "complete")}
    );

    const auto code = watch_task({.url = host.url(), .task_uuid = uuid}, console());

    EXPECT_EQ(code, ExitCode::ok);
    EXPECT_EQ(
        err_.str(), "the host at " + host.url() + " failed: the database is away; still trying\n"
    );
}

TEST_F(TaskCommandsTest, WatchEndsInErrorWithTheTask) {
    for (const auto* status : {"error", "cancelled", "blocked_by_failures"}) {
        const PlayedHost host({document(status, "error")});
        EXPECT_EQ(
            watch_task({.url = host.url(), .task_uuid = uuid}, console()), ExitCode::task_failed
        );
    }
}

TEST_F(TaskCommandsTest, GetPrintsThePictureOrTheDocument) {
    const PlayedHost host({document("complete", "complete")});

    EXPECT_EQ(get_task({.url = host.url(), .task_uuid = uuid}, console()), ExitCode::ok);
    EXPECT_THAT(out_.str(), HasSubstr("  ✔ only  complete  1/3            12345678901234567890\n"));

    out_.str("");
    get_task({.url = host.url(), .task_uuid = uuid, .json = true}, console());
    EXPECT_EQ(out_.str(), document("complete", "complete") + "\n");
}

TEST_F(TaskCommandsTest, EveryFailureHasItsExitCodeAndItsSentence) {
    std::string gone;
    {
        const PlayedHost host({""});
        gone = host.url();
        EXPECT_EQ(
            get_task({.url = host.url(), .task_uuid = uuid}, console()), ExitCode::host_error
        );
        EXPECT_EQ(
            submit_task({.url = host.url(), .target = "other/t"}, console()), ExitCode::refused
        );
        EXPECT_EQ(submit_task({.url = host.url(), .target = "t"}, console()), ExitCode::usage);
        EXPECT_EQ(get_task({.url = host.url(), .task_uuid = "../x"}, console()), ExitCode::usage);
        EXPECT_EQ(get_task({.url = "ftp://x", .task_uuid = uuid}, console()), ExitCode::usage);
    }
    EXPECT_EQ(get_task({.url = gone, .task_uuid = uuid}, console()), ExitCode::unreachable);
    const PlayedHost empty({"none"});
    EXPECT_EQ(watch_task({.url = empty.url(), .task_uuid = uuid}, console()), ExitCode::refused);

    EXPECT_EQ(out_.str(), "");
    EXPECT_EQ(
        err_.str(),
        "tenon: the host at " + gone +
            " failed: the database is away\n"
            "tenon: the host refused: unknown namespace 'other'\n"
            "tenon: 't' does not name a template; write it as NAMESPACE/NAME or "
            "NAMESPACE/NAME@VERSION\n"
            "tenon: '../x' is not the UUID of a task; it looks like "
            "0192f0c1-7a5b-7c3d-8e9f-123456780000\n"
            "tenon: 'ftp://x' is not the URL of a host: only http and https are spoken; write it "
            "as "
            "http://127.0.0.1:8080\n"
            "tenon: cannot reach " +
            gone +
            ": connection refused; start a host with 'tenon host', or name another with --url or "
            "TENON_URL\n"
            "tenon: the host refused: there is no task " +
            uuid + "\n"
    );
}

}  // namespace
}  // namespace tenon::app
