// Requests by the thousand that no client would send. A host must not fall, and never say that it
// is at fault. What is sent follows from fixed seeds, so a failure comes again.

#include "support/api_contract.hpp"
#include "support/host_process.hpp"
#include "support/raw_connection.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// Changes texts at random, the same way every time.
class Mutator {
public:
    explicit Mutator(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }

    /// One to four changes of bytes: replaced, dropped, doubled, or foreign words put in.
    std::string of_bytes(std::string text, const std::vector<std::string>& words) {
        for (auto changes = 1 + below(4); changes > 0; --changes) {
            const auto at = below(text.size() + 1);
            switch (below(5)) {
                case 0: text.insert(at, words[below(words.size())]); break;
                case 1: text.insert(at, 1, static_cast<char>(below(256))); break;
                case 2: text.erase(at, 1 + below(8)); break;
                case 3: text.insert(at, text.substr(below(text.size() + 1), below(40))); break;
                default:
                    if (at < text.size()) {
                        text[at] = static_cast<char>(below(256));
                    }
            }
        }
        return text;
    }

    /// One to three changes of values: another kind, extremes, members gone or unknown.
    json of_values(json document) {
        for (auto changes = 1 + below(3); changes > 0; --changes) {
            auto* place = &document;
            while (place->is_structured() && !place->empty() && below(4) != 0) {
                auto member = place->begin();
                std::advance(member, static_cast<std::ptrdiff_t>(below(place->size())));
                place = &*member;
            }
            change(*place);
        }
        return document;
    }

private:
    void change(json& place) {
        if (place.is_object() && below(2) == 0) {
            place["unknown" + std::to_string(below(3))] = strange();
        } else if (place.is_object() && !place.empty()) {
            place.erase(place.begin());
        } else {
            place = strange();
        }
    }

    json strange() {
        static const std::vector<std::string> texts{
            "null",
            "true",
            "-1",
            "0",
            "1e308",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "0.1",
            R"("")",
            R"("x")",
            R"("' OR 1=1 --")",
            R"("\ud83d\ude00")",
            R"("00000000-0000-7000-8000-000000000000")",
            "[]",
            "{}",
            "[null]",
            R"([[[[[[[[[[[[]]]]]]]]]]]])",
            R"({"":{"":{"":{}}}})",
            R"("\n\t\"\\")"
        };
        if (below(8) == 0) {
            return json(std::string(1 + below(6000), 'a'));
        }
        return json::parse(texts[below(texts.size())]);
    }

    std::mt19937 random_;
};

class Fuzz : public DatabaseTest {
protected:
    Fuzz()
        : host_(start_host(
              {.database_url = conninfo(), .templates = HostProcess::example_templates()}
          )),
          client_({.url = host_->url()}) {
        const auto url = host_->url();
        port_ = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
        task_ = submit_task(sql(), example_workflows().front());
    }

    ~Fuzz() override {
        EXPECT_TRUE(host_->running()) << host_->log();
        EXPECT_EQ(HttpClient({.url = host_->url()}).get("/health").status, 200U);
        EXPECT_THAT(host_->log(), Not(HasSubstr(" answered 500")));
    }

    std::unique_ptr<HostProcess> host_;
    HttpClient client_;
    std::uint16_t port_ = 0;
    std::string task_;
};

TEST_F(Fuzz, OfWhatIsNotQuiteHttp) {
    const std::vector<std::string> seeds{
        "GET /v1/tasks/" + task_ + "?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
        "POST /v1/tasks:batch HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: application/json\r\n\r\n2;x=y\r\n[]\r\n0\r\nTrailer: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://a\r\n\r\n",
        "HEAD /v1/dlq HTTP/1.0\r\nAuthorization: Bearer x\r\nX-API-Key: y\r\n\r\n",
        "PATCH /v1/tasks/" + task_ +
            "/workflow_steps/linear_step_1 HTTP/1.1\r\nHost: [::1]:80\r\n"
            "If-None-Match: *\r\nContent-Length: 0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
    };
    const std::vector<std::string> words{
        "\r\n",
        "\r\n\r\n",
        "\n",
        ":",
        " ",
        "%00",
        "%",
        "?",
        "#",
        "//",
        "..",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "HTTP/1.1",
        "HTTP/2.0",
        "\xff\xfe",
        std::string(1, '\0'),
        "ffffffffffffffff\r\n",
        std::string(20'000, 'A'),
        "http://u:p@h:1/",
        "Connection: upgrade\r\n"
    };
    Mutator mutate(20'261'125);
    for (int i = 0; i < 4000; ++i) {
        const auto bytes = mutate.of_bytes(seeds[mutate.below(seeds.size())], words);
        RawConnection connection(port_);
        connection.send(bytes);
        connection.finish_sending();
        const auto answers = connection.receive_all();
        EXPECT_THAT(answers, Not(HasSubstr("HTTP/1.1 5"))) << i << ": " << bytes.substr(0, 2000);
    }
}

/// A body that would be taken, and where it goes.
struct Target {
    std::string method;
    std::string path;
    json seed;
    int rounds = 1000;
};

std::vector<Target> targets_of(const std::string& task_uuid) {
    const std::string task = "/v1/tasks/" + task_uuid;
    const json fields =
        json::parse(R"({"namespace":"linear_workflow","name":"mathematical_sequence",
        "version":"1.0.0","context":{"even_number":6},"priority":5,"tags":["a","b"],
        "initiator":"x","source_system":"y","reason":"z",
        "correlation_id":"0192f0c1-7a5b-7c3d-8e9f-123456780000","idempotency_key":"k"})");

    return {
        {"POST", "/v1/tasks", fields},
        {"POST", "/v1/tasks:batch", json::array({fields, fields})},
        {"DELETE", "/v1/tasks/0192f0c1-7a5b-7c3d-8e9f-123456780000", {{"reason", "r"}, {"by", "b"}}
        },
        {"PATCH",
         task + "/workflow_steps/linear_step_1",
         {{"action_type", "complete_manually"},
          {"reason", "r"},
          {"completed_by", "b"},
          {"completion_data", {{"result", 36}}}}},
        {"PATCH",
         "/v1/dlq/entry/" + task_uuid,
         {{"resolution_status", "pending"}, {"resolution_notes", "n"}, {"resolved_by", "b"}}},
        {"POST", "/v1/dlq/task/0192f0c1-7a5b-7c3d-8e9f-123456780000", {{"notes", "n"}, {"by", "b"}}
        },
        {"POST", "/v1/dlq/task/0192f0c1-7a5b-7c3d-8e9f-123456780000/redrive", {{"reason", "r"}}},
        {"POST",
         "/v1/templates",
         {{"name", "order"},
          {"namespace_name", "shop"},
          {"version", "1"},
          {"steps", {{{"name", "pay"}, {"handler", {{"callable", "x"}}}}}}}},
        {"POST",
         "/v1/templates:validate",
         {{"name", "order"},
          {"namespace_name", "shop"},
          {"version", "1.0.0"},
          {"steps", {{{"name", "pay"}, {"handler", {{"callable", "x"}}}}}}}},
        {"POST", "/v1/plugins:reload", {{"file", "none.so"}}, 200},
        {"POST", "/v1/plugins/quarantine", {{"sha256", "zz"}, {"reason", "r"}}},
        {"PUT", "/v1/worker/mode", {{"mode", "Hybrid"}}, 200},
        {"POST", "/v1/worker/templates/refresh", {{"namespace", "linear_workflow"}}, 200},
        {"POST",
         "/v1/worker/steps/0192f0c1-7a5b-7c3d-8e9f-123456780001/execute",
         {{"correlation_id", "0192f0c1-7a5b-7c3d-8e9f-123456780000"}}}
    };
}

TEST_F(Fuzz, OfEveryJsonBody) {
    const std::vector<std::string> words{"{",        "}",
                                         "[",        "]",
                                         ":",        ",",
                                         "\"",       "\\u0000",
                                         "\\ud800",  "\xff",
                                         "1e999",    "-",
                                         "null",     std::string(1, '\0'),
                                         "\"a\":1,", std::string(200, '['),
                                         "/*",       "&a *a",
                                         "!!x",      "\n"};
    Mutator mutate(42);
    for (const auto& target : targets_of(task_)) {
        for (int i = 0; i < target.rounds; ++i) {
            auto body =
                mutate.of_values(target.seed).dump(-1, ' ', false, json::error_handler_t::replace);
            if (i % 2 == 1) {
                body = mutate.of_bytes(std::move(body), words);
            }
            const auto reply = client_.send(target.method, target.path, body);
            EXPECT_LT(reply.status, 500U)
                << target.method << " " << target.path << ": " << body << "\n"
                << reply.body;
        }
    }
}

TEST_F(Fuzz, OfEveryPathAndQuery) {
    const std::vector<std::string> strange{
        "%00",
        "%FF%FE",
        "a%00b",
        "..%2F..",
        "'",
        "%22",
        std::string(3000, 'a'),
        "%F0%9F%98%80",
        "%C0%80",
        "-1",
        "99999999999999999999",
        "%5C",
        "%25",
        "*",
        "null",
        "%0D%0AX:%20y",
        ""
    };
    for (const auto& operation : ApiContract::instance().operations()) {
        if (operation.path == "/v1/events") {
            continue;  // Its good answers do not end.
        }
        for (const auto& value : strange) {
            auto path = operation.path;
            for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
                path.replace(at, path.find('}', at) + 1 - at, value);
            }
            for (const std::string query :
                 {"", "limit", "cursor", "status", "namespace", "hours"}) {
                const auto target = query.empty() ? path : path + "?" + query + "=" + value;
                const auto reply = client_.send(operation.method, target);
                EXPECT_LT(reply.status, 500U) << operation.method << " " << target << reply.body;
            }
        }
    }
}

}  // namespace
}  // namespace tenon::testing
