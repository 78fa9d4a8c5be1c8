#include "orchestration/web/overview_routes.hpp"

#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"
#include "orchestration/web/path_parameters.hpp"
#include "orchestration/web/query_parameters.hpp"

#include <array>
#include <utility>

namespace tenon::orchestration {

namespace {

constexpr std::array<std::string_view, 12> statuses{
    "pending",
    "initializing",
    "enqueuing_steps",
    "steps_in_process",
    "evaluating_results",
    "waiting_for_dependencies",
    "waiting_for_retry",
    "blocked_by_failures",
    "complete",
    "error",
    "cancelled",
    "resolved_manually"
};
constexpr std::array<std::string_view, 3> host_states{"live", "retired", "lost"};
constexpr IntegerRange hours{.least = 1, .most = 720, .usual = 24};
constexpr JsonLimits page_limits{.max_bytes = std::size_t{64} * 1024 * 1024};

/// Where the next page begins; `null` when this one is not full.
std::string next_page(std::string_view tasks, std::int32_t limit) {
    const auto page = JsonSlice::parse(tasks, page_limits).value().elements();
    const auto last = page.size() < static_cast<std::size_t>(limit) ? std::nullopt
                                                                    : page.back().find("task_uuid");
    return last ? last->compact() : "null";
}

std::string cursor_of(const HttpRequest& request) {
    const auto text = request.query_value("cursor");
    if (!text) {
        return {};
    }
    if (!TaskId::from_text(*text)) {
        refuse_query("cursor", "the 'next' of an earlier answer", *text);
    }
    return std::string(*text);
}

asio::awaitable<HttpResponse> list_tasks(CommandProcessor& commands, HttpRequest request) {
    static constexpr std::array<std::string_view, 8> known{
        "namespace", "name", "status", "initiator", "source_system", "tag", "limit", "cursor"
    };
    allow_only(request, known);
    ListTasks query;
    auto& filter = query.filter;
    filter.namespace_name = text_parameter(request, "namespace");
    filter.name = text_parameter(request, "name");
    filter.status = choice_parameter(request, "status", statuses);
    filter.initiator = text_parameter(request, "initiator");
    filter.source_system = text_parameter(request, "source_system");
    filter.tag = text_parameter(request, "tag");
    filter.before = cursor_of(request);
    filter.limit =
        integer_parameter(request, "limit", {.least = 1, .most = 100, .usual = filter.limit});
    const auto limit = filter.limit;
    const auto tasks = co_await commands.ask(std::move(query));
    co_return json_response(R"({"tasks":)" + tasks + R"(,"next":)" + next_page(tasks, limit) + "}");
}

asio::awaitable<HttpResponse> summarize_task(CommandProcessor& commands, HttpRequest request) {
    const GetTaskSummary query{.task = task_parameter(request)};
    auto summary = co_await commands.ask(query);
    if (!summary) {
        throw Exception({ErrorCode::not_found, "there is no task " + query.task.to_string()});
    }
    co_return json_response(*std::move(summary));
}

asio::awaitable<HttpResponse> list_hosts(CommandProcessor& commands, HttpRequest request) {
    static constexpr std::array<std::string_view, 1> known{"state"};
    allow_only(request, known);
    ListHosts query{.state = choice_parameter(request, "state", host_states)};
    co_return json_response(R"({"hosts":)" + co_await commands.ask(std::move(query)) + "}");
}

asio::awaitable<HttpResponse> read_performance(CommandProcessor& commands, HttpRequest request) {
    static constexpr std::array<std::string_view, 1> known{"hours"};
    allow_only(request, known);
    const GetPerformance query{.hours = integer_parameter(request, "hours", hours)};
    co_return json_response(co_await commands.ask(query));
}

asio::awaitable<HttpResponse> list_bottlenecks(CommandProcessor& commands, HttpRequest request) {
    static constexpr std::array<std::string_view, 3> known{"hours", "limit", "min_executions"};
    allow_only(request, known);
    ListBottlenecks query;
    auto& ranking = query.ranking;
    ranking.hours = integer_parameter(request, "hours", hours);
    ranking.limit =
        integer_parameter(request, "limit", {.least = 1, .most = 100, .usual = ranking.limit});
    ranking.min_executions = integer_parameter(
        request, "min_executions", {.least = 1, .most = 1'000'000, .usual = ranking.min_executions}
    );
    co_return json_response(R"({"steps":)" + co_await commands.ask(query) + "}");
}

}  // namespace

void add_overview_routes(Router& router, CommandProcessor& commands) {
    const auto add = [&](std::string pattern, Access access, auto answer) {
        router.add(
            {.method = "GET",
             .pattern = std::move(pattern),
             .access = access,
             .handler = [&commands, answer](HttpRequest request
                        ) { return answer(commands, std::move(request)); }}
        );
    };
    add("/v1/tasks", Permission::tasks_list, list_tasks);
    add("/v1/tasks/{uuid}/summary", Permission::tasks_read, summarize_task);
    add("/v1/hosts", Permission::system_hosts_read, list_hosts);
    add("/v1/analytics/performance", Permission::system_analytics_read, read_performance);
    add("/v1/analytics/bottlenecks", Permission::system_analytics_read, list_bottlenecks);
}

}  // namespace tenon::orchestration
