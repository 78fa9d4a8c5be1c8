// GET /v1/events as a client sees it: on a socket, with interruptions, and too slow.

#include "events_fixture.hpp"
#include "support/api_contract.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EventStreams : public EventHosts {
protected:
    /// Reads a stream until it holds `text`, and returns all of it.
    static std::string read_until(
        const HostProcess& host,
        std::string_view text,
        const HttpFields& headers = {},
        const std::string& query = ""
    ) {
        ApiClient client({.url = host.url()});
        std::string stream;
        const auto reply = client.stream("/v1/events" + query, headers, [&](auto bytes) {
            stream += bytes;
            return stream.find(text) == std::string::npos;
        });
        return reply.status == 200 ? stream : reply.body;
    }

    /// The value of the last `id:` line.
    static std::string last_id(const std::string& stream) {
        const auto at = stream.rfind("id: ") + 4;
        return stream.substr(at, stream.find('\n', at) - at);
    }
};

TEST_F(EventStreams, BeginWithThePositionOfTheQueuesAndResumeFromIt) {
    const auto one = host();
    const auto opening = read_until(*one, "\n\n");
    EXPECT_EQ(opening, ": tenon events\nretry: 1000\nid: events:0\n\n");
    const auto task = complete(R"({"items": [7]})");
    const auto missed =
        read_until(*one, "event: order.done", {{"Last-Event-ID", last_id(opening)}});
    EXPECT_THAT(missed, HasSubstr("event: item.shipped\ndata: {"));
    EXPECT_THAT(missed, HasSubstr("\nid: events:2\nevent: "));
    EXPECT_THAT(missed, HasSubstr(task));
    EXPECT_EQ(missed.find("order.noticed"), std::string::npos) << "fast events are not kept";
    const auto rest = read_until(*one, "\n\n", {{"Last-Event-ID", "events:2"}});
    EXPECT_EQ(rest, ": tenon events\nretry: 1000\nid: events:2\n\n");
}

TEST_F(EventStreams, ResumeFromTheMiddleWithWhatIsStillThere) {
    const auto one = host();
    sql().value(
        "SELECT cardinality(tenon.submit_batch('events', 'teller', "
        "array_fill('{}'::json, ARRAY[450])))"
    );
    ASSERT_TRUE(eventually([&] {
        return sql().value("SELECT count(*) FROM pgmq.q_events_domain_events") == "450";
    }));
    sql().exec("SELECT pgmq.delete('events_domain_events', 20)");
    const auto stream = read_until(*one, "id: events:450\nevent", {{"Last-Event-ID", "events:10"}});
    std::size_t count = 0;
    for (auto at = stream.find("event: order.done"); at != std::string::npos;
         at = stream.find("event: order.done", at + 1)) {
        ++count;
    }
    EXPECT_EQ(count, 439U) << "11 to 450, but for the one that was consumed";
}

TEST_F(EventStreams, RefuseWhatNobodyCanFollow) {
    const auto one = host();
    ApiClient client({.url = one->url()});
    const auto refusal = [&](const std::string& query, const HttpFields& headers = {}) {
        const auto reply = client.stream("/v1/events" + query, headers, [](auto) { return false; });
        EXPECT_EQ(reply.status, 400U) << query;
        return json::parse(reply.body).value("detail", "");
    };
    EXPECT_EQ(
        refusal("?pattern=pay*"),
        "'pay*' is no pattern of events; write *, payment.* or payment.charged"
    );
    EXPECT_THAT(refusal("?namespace=A"), StartsWith("'A' is no namespace; give one such as"));
    EXPECT_THAT(
        refusal("", {{"Last-Event-ID", "12"}}),
        StartsWith("Last-Event-ID must be the id of an event such as orders:12")
    );
}

TEST_F(EventStreams, AreLimitedInNumberAndFreedWhenTheirReadersGo) {
    const auto one = host();
    std::vector<std::unique_ptr<ApiClient>> readers;
    std::vector<std::unique_ptr<ChildProgram>> programs;
    for (int i = 0; i < 64; ++i) {
        programs.push_back(std::make_unique<ChildProgram>(std::vector<std::string>{
            "/usr/bin/env",
            "bash",
            "-c",
            "exec 3<>/dev/tcp/127.0.0.1/" + one->url().substr(one->url().rfind(':') + 1) +
                "; printf 'GET /v1/events HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3; exec cat "
                "<&3"
        }));
    }
    for (const auto& program : programs) {
        ASSERT_TRUE(eventually([&] {
            return program->out().find(": tenon events") != std::string::npos;
        }));
    }
    ApiClient client({.url = one->url()});
    const auto refused = client.stream("/v1/events", {}, [](auto) { return false; });
    EXPECT_EQ(refused.status, 503U);
    EXPECT_EQ(
        json::parse(refused.body).value("detail", ""),
        "all 64 streams of events of this host are taken; close one, or ask another host"
    );
    programs.clear();
    EXPECT_TRUE(eventually([&] {
        return client.stream("/v1/events", {}, [](auto) { return false; }).status == 200U;
    }));
}

TEST_F(EventStreams, TellAReaderThatIsTooSlowHowMuchItMissed) {
    const auto one = host();
    ApiClient client({.url = one->url()});
    std::string stream;
    std::string last;
    bool slept = false;
    client.stream("/v1/events?pattern=order.noticed", {}, [&](std::string_view bytes) {
        stream += bytes;
        if (!slept) {
            slept = true;
            // While this reader sleeps, its socket fills, then its queue.
            sql().value(
                "SELECT cardinality(tenon.submit_batch('events', 'teller', "
                "array_fill(json_build_object('items', array_fill(1, ARRAY[0])), "
                "ARRAY[12000])))"
            );
            eventually([&] {
                return sql().value("SELECT count(*) FROM tenon.tasks WHERE state = 'complete'") ==
                       "12000";
            });
        }
        return stream.find("event: dropped") == std::string::npos;
    });
    const auto at = stream.find("event: dropped\ndata: {\"dropped\":");
    ASSERT_NE(at, std::string::npos);
    std::size_t noticed = 0;
    for (auto found = stream.find("event: order.noticed"); found != std::string::npos;
         found = stream.find("event: order.noticed", found + 1)) {
        ++noticed;
    }
    const auto dropped = std::stoul(stream.substr(at + 32));
    EXPECT_GT(dropped, 0U);
    EXPECT_LE(noticed + dropped, 12000U);
}

TEST_F(EventStreams, EndWithTheHostAndGoOnAtTheNext) {
    auto one = host();
    Watcher watcher(*one, {"--pattern", "order.done"});
    ASSERT_TRUE(eventually([&] {
        complete();
        return !watcher.documents().empty();
    }));
    EXPECT_EQ(one->stop(), 0) << "a stream does not keep a host from stopping";
    EXPECT_TRUE(eventually([&] {
        return watcher.program().err().find("still trying") != std::string::npos;
    }));
    const auto position = sql().value("SELECT 'events:' || newest FROM tenon.event_queues()");
    // While nobody can hear it, a step settles by an operator's word.
    const auto task = submit();
    sql().value(
        "SELECT tenon.complete_step(tenon.step_uuid($1::uuid, 1), '{}', 'ann', NULL)", {task}
    );
    const auto two = host();
    Watcher next(*two, {"--after", position, "--count", "1"});
    EXPECT_EQ(next.program().wait(), 0);
    ASSERT_EQ(next.documents().size(), 1U);
    EXPECT_EQ(next.documents()[0]["metadata"]["task_uuid"], task);
    EXPECT_EQ(next.documents()[0]["metadata"]["fired_by"], "ann");
}

}  // namespace
}  // namespace tenon::testing
