#include "orchestration/web/dead_letter_routes.hpp"

#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"
#include "orchestration/web/operation_body.hpp"
#include "orchestration/web/path_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tenon::orchestration {

namespace {

constexpr std::int32_t limit_max = 500;
constexpr std::size_t cursor_bytes_max = 40;
constexpr JsonLimits page_limits{.max_bytes = std::size_t{256} * 1024 * 1024};

[[noreturn]] void refuse_query(std::string_view key, std::string_view wanted, std::string value) {
    throw Exception(
        {ErrorCode::invalid_input,
         "query parameter '" + std::string(key) + "' must be " + std::string(wanted) + ", not '" +
             value + "'"}
    );
}

std::optional<ResolutionStatus> status_parameter(const HttpRequest& request) {
    const auto text = request.query_value("status");
    if (!text) {
        return std::nullopt;
    }
    const auto status = parse_resolution_status(*text);
    if (!status) {
        refuse_query(
            "status",
            "pending, manually_resolved, permanently_failed or cancelled",
            std::string(*text)
        );
    }
    return status;
}

std::int32_t limit_parameter(const HttpRequest& request, std::int32_t fallback) {
    const auto text = request.query_value("limit");
    if (!text) {
        return fallback;
    }
    std::int32_t limit = 0;
    const auto* const end = text->data() + text->size();
    const auto [stop, failure] = std::from_chars(text->data(), end, limit);
    if (failure != std::errc{} || stop != end || limit < 1 || limit > limit_max) {
        refuse_query("limit", "an integer from 1 to 500", std::string(*text));
    }
    return limit;
}

std::string cursor_parameter(const HttpRequest& request) {
    const std::string text(request.query_value("cursor").value_or(""));
    const bool is_time = std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '.' || c == 'T' || c == 'Z';
    });
    if (!is_time || text.size() > cursor_bytes_max) {
        refuse_query("cursor", "the 'next' of an earlier answer", text.substr(0, 60));
    }
    return text;
}

/// Where the next page begins; `null` when this one is not full.
std::string next_page(std::string_view entries, std::int32_t limit) {
    const auto page = JsonSlice::parse(entries, page_limits).value().elements();
    const auto at =
        page.size() < static_cast<std::size_t>(limit) ? std::nullopt : page.back().find("dlq_at");
    return at ? at->compact() : "null";
}

asio::awaitable<HttpResponse> list_letters(CommandProcessor& commands, HttpRequest request) {
    ListDeadLetters query;
    query.status = status_parameter(request);
    query.limit = limit_parameter(request, query.limit);
    query.before = cursor_parameter(request);
    const auto entries = co_await commands.ask(query);
    co_return json_response(
        R"({"entries":)" + entries + R"(,"next":)" + next_page(entries, query.limit) + "}"
    );
}

[[noreturn]] void no_such_entry(DeadLetterId entry) {
    throw Exception({ErrorCode::not_found, "there is no dead letter " + entry.to_string()});
}

asio::awaitable<HttpResponse> read_letter(CommandProcessor& commands, HttpRequest request) {
    const GetDeadLetter query{.entry = entry_parameter(request)};
    auto document = co_await commands.ask(query);
    if (!document) {
        no_such_entry(query.entry);
    }
    co_return json_response(*std::move(document));
}

asio::awaitable<HttpResponse> read_letters_of_task(
    CommandProcessor& commands,
    HttpRequest request
) {
    const GetDeadLettersOfTask query{.task = task_parameter(request)};
    co_return json_response(R"({"entries":)" + co_await commands.ask(query) + "}");
}

asio::awaitable<HttpResponse> add_letter(CommandProcessor& commands, HttpRequest request) {
    AddDeadLetter command{
        .task = task_parameter(request),
        .intervention = parse_dead_letter_note(request.body).value()
    };
    const auto entry = (co_await commands.ask(std::move(command))).to_string();
    auto response = json_response(R"({"dlq_entry_uuid":")" + entry + "\"}");
    response.status = 201;
    response.headers.emplace_back("Location", "/v1/dlq/entry/" + entry);
    co_return response;
}

asio::awaitable<HttpResponse> update_letter(CommandProcessor& commands, HttpRequest request) {
    const auto entry = entry_parameter(request);
    auto wanted = parse_dead_letter_update(request.body).value();
    UpdateDeadLetter command{entry, wanted.status, std::move(wanted.intervention)};
    if (!co_await commands.ask(std::move(command))) {
        no_such_entry(entry);
    }
    const GetDeadLetter query{.entry = entry};
    auto document = co_await commands.ask(query);
    if (!document) {
        no_such_entry(entry);
    }
    co_return json_response(*std::move(document));
}

asio::awaitable<HttpResponse> redrive_task(CommandProcessor& commands, HttpRequest request) {
    const auto task = task_parameter(request);
    RedriveTask command{task, parse_intervention(request.body).value()};
    const auto steps = co_await commands.ask(std::move(command));
    co_return json_response(
        R"({"task_uuid":")" + task.to_string() + R"(","steps_reset":)" + std::to_string(steps) + "}"
    );
}

asio::awaitable<HttpResponse> read_statistics(CommandProcessor& commands, HttpRequest /*request*/) {
    const GetDeadLetterStatistics query;
    co_return json_response(co_await commands.ask(query));
}

}  // namespace

void add_dead_letter_routes(Router& router, CommandProcessor& commands) {
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        const std::string consumes = method == "PATCH" ? "application/json" : "";
        router.add(
            {.method = std::move(method),
             .pattern = "/v1/dlq" + pattern,
             .access = access,
             .handler = [&commands, answer](HttpRequest request
                        ) { return answer(commands, std::move(request)); },
             .consumes = consumes}
        );
    };
    add("GET", "", Permission::dlq_read, list_letters);
    add("GET", "/stats", Permission::dlq_stats, read_statistics);
    add("GET", "/entry/{uuid}", Permission::dlq_read, read_letter);
    add("PATCH", "/entry/{uuid}", Permission::dlq_update, update_letter);
    add("GET", "/task/{uuid}", Permission::dlq_read, read_letters_of_task);
    add("POST", "/task/{uuid}", Permission::dlq_update, add_letter);
    add("POST", "/task/{uuid}/redrive", Permission::dlq_update, redrive_task);
}

}  // namespace tenon::orchestration
