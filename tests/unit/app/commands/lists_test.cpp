// Lists of tasks and hosts, as a real HTTP server that plays a host answers them.

#include "app/commands/lists/list_operations.hpp"
#include "foundation/http/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include <optional>
#include <sstream>
#include <thread>

namespace tenon::app {
namespace {

using ::testing::HasSubstr;

/// Answers every list with the same text, and remembers what was asked for last.
class ListingHost {
public:
    explicit ListingHost(std::string answer) : answer_(std::move(answer)) {
        Router router;
        for (const auto pattern : {"/v1/tasks", "/v1/hosts"}) {
            router.add(
                {.method = "GET",
                 .pattern = pattern,
                 .access = Access::open(),
                 .handler = [this](auto request) { return list(std::move(request)); }}
            );
        }
        server_.emplace(context_.get_executor(), std::move(router), HttpServer::Options{});
        asio::co_spawn(context_, server_->run(), asio::use_future);
        thread_ = std::thread([this] { context_.run(); });
    }

    ~ListingHost() {
        context_.stop();
        thread_.join();
    }

    ListingHost(const ListingHost&) = delete;
    ListingHost& operator=(const ListingHost&) = delete;

    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_->listen_address().port);
    }

    std::string asked(std::string_view name) const {
        return std::string(last_.query_value(name).value_or(""));
    }

private:
    asio::awaitable<HttpResponse> list(HttpRequest request) {
        last_ = std::move(request);
        HttpResponse response{.body = answer_};
        co_return response;
    }

    const std::string answer_;
    asio::io_context context_;
    HttpRequest last_;
    std::optional<HttpServer> server_;
    std::thread thread_;
};

struct Printed {
    ExitCode exit_code = ExitCode::ok;
    std::string out;
    std::string err;
};

template <class Options>
Printed run(ExitCode (*command)(const Options&, const TaskConsole&), const Options& options) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const TaskConsole console{.in = in, .out = out, .err = err, .traits = [] {
                                  return TerminalTraits{};
                              }};
    const auto exit_code = command(options, console);
    return {exit_code, out.str(), err.str()};
}

constexpr auto two_tasks =
    R"({"tasks":[{"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","namespace":"shop",)"
    R"("name":"order","version":"1.0.0","status":"error","tags":["a","b"],)"
    R"("created_at":"2026-01-31T12:00:00.5Z"}],"next":"0192f0c1-7a5b-7c3d-8e9f-123456780000"})";

TEST(TaskListTest, PrintsALineForEachTaskAndHowToGoOn) {
    const ListingHost host(two_tasks);
    const auto printed = run(list_tasks, TaskListOptions{.url = host.url()});
    EXPECT_EQ(printed.exit_code, ExitCode::ok) << printed.err;
    EXPECT_EQ(
        printed.out,
        "task                                  status  created (UTC)        template          "
        "tags\n"
        "0192f0c1-7a5b-7c3d-8e9f-123456780000  error   2026-01-31 12:00:00  shop/order@1.0.0  a,b\n"
        "older ones: --cursor 0192f0c1-7a5b-7c3d-8e9f-123456780000\n"
    );
    EXPECT_EQ(host.asked("limit"), "50");
    EXPECT_EQ(host.asked("status"), "");
}

TEST(TaskListTest, AsksForWhatIsWantedWhateverItsLetters) {
    const ListingHost host(R"({"tasks":[],"next":null})");
    const auto printed =
        run(list_tasks,
            TaskListOptions{
                .url = host.url(),
                .namespace_name = "shop",
                .status = "error",
                .initiator = "Zoë & co=1",
                .tag = "a/b#c%d",
                .limit = 7
            });
    EXPECT_EQ(printed.out, "no tasks\n");
    EXPECT_EQ(host.asked("namespace"), "shop");
    EXPECT_EQ(host.asked("status"), "error");
    EXPECT_EQ(host.asked("initiator"), "Zoë & co=1");
    EXPECT_EQ(host.asked("tag"), "a/b#c%d");
    EXPECT_EQ(host.asked("limit"), "7");
}

TEST(TaskListTest, PrintsTheAnswerAsItIs) {
    const ListingHost host(two_tasks);
    EXPECT_EQ(
        run(list_tasks, TaskListOptions{.url = host.url(), .json = true}).out,
        std::string(two_tasks) + "\n"
    );
}

TEST(TaskListTest, SaysThatNobodyAnswers) {
    const auto printed = run(list_tasks, TaskListOptions{.url = "http://127.0.0.1:1"});
    EXPECT_EQ(printed.exit_code, ExitCode::unreachable);
    EXPECT_THAT(printed.err, HasSubstr("http://127.0.0.1:1"));
}

TEST(HostListTest, PrintsALineForEachHost) {
    const ListingHost host(
        R"({"hosts":[{"host_id":3,"name":"a","roles":["orchestration","worker"],)"
        R"("version":"0.1.0","state":"live","beat_at":"2026-01-31T12:00:00Z","held_steps":2}]})"
    );
    EXPECT_EQ(
        run(list_hosts, HostListOptions{.url = host.url()}).out,
        "host  name  state  roles                 version  beat (UTC)           holds\n"
        "3     a     live   orchestration,worker  0.1.0    2026-01-31 12:00:00  2\n"
    );
    EXPECT_EQ(host.asked("state"), "live");
    run(list_hosts, HostListOptions{.url = host.url(), .state = "all"});
    EXPECT_EQ(host.asked("state"), "");
}

}  // namespace
}  // namespace tenon::app
