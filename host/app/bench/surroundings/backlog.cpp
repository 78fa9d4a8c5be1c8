#include "app/bench/surroundings/backlog.hpp"

#include "app/bench/bench_shape.hpp"
#include "database/repositories/bench/backlog_repository.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <future>
#include <string_view>
#include <vector>

namespace tenon::app {
namespace {

using database::BacklogRepository;

constexpr std::int64_t most = 100'000'000;
constexpr std::int64_t steps_per_task = 4;
constexpr std::int32_t days = 7;
constexpr std::int64_t tasks_per_call = 10'000;

// The server uses a core for each.
constexpr std::size_t connections = 2;

const BenchShape shape{.kind = BenchShape::Kind::chain, .size = steps_per_task};

[[noreturn]] void refuse(std::string_view part) {
    throw Exception(
        {ErrorCode::invalid_input,
         fmt::format(
             "'{}' is no backlog; give open:TASKS or settled:STEPS or both with a comma between, "
             "such as open:10k,settled:1M, up to 100M",
             part
         )}
    );
}

std::int64_t parse_count(std::string_view text, std::string_view part) {
    std::int64_t unit = 1;
    if (text.ends_with('k') || text.ends_with('M')) {
        unit = text.ends_with('k') ? 1'000 : 1'000'000;
        text.remove_suffix(1);
    }
    std::int64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || count < 1 ||
        count > most / unit) {
        refuse(part);
    }
    return count * unit;
}

std::string short_count(std::int64_t count) {
    if (count % 1'000'000 == 0) {
        return fmt::format("{}M", count / 1'000'000);
    }
    return count % 1'000 == 0 ? fmt::format("{}k", count / 1'000) : fmt::format("{}", count);
}

/// A part of the filling that is one statement.
using Piece = std::function<void(BacklogRepository&)>;

template <class F>
void add_pieces(std::vector<Piece>& pieces, std::int64_t tasks, F fill) {
    for (std::int64_t done = 0; done < tasks; done += tasks_per_call) {
        const auto count = static_cast<std::int32_t>(std::min(tasks_per_call, tasks - done));
        pieces.push_back([fill, count, done](BacklogRepository& rows) { fill(rows, count, done); });
    }
}

std::vector<Piece> pieces_of(const Backlog& backlog) {
    std::vector<Piece> pieces;
    const auto tasks = (backlog.settled + steps_per_task - 1) / steps_per_task;
    const auto recent = tasks / 10;
    const auto past = tasks - recent;
    add_pieces(pieces, past, [past](auto& rows, auto count, auto done) {
        const double days_per_task = (days - 0.1) / static_cast<double>(past);
        rows.fill_history(
            count, days - static_cast<double>(done) * days_per_task, count * days_per_task
        );
    });
    add_pieces(pieces, recent, [](auto& rows, auto count, auto) { rows.fill_recent(count); });
    add_pieces(pieces, backlog.open / 2, [](auto& rows, auto count, auto) {
        rows.fill_queued(count);
    });
    add_pieces(pieces, backlog.open - backlog.open / 2, [](auto& rows, auto count, auto) {
        rows.fill_retrying(count);
    });
    return pieces;
}

}  // namespace

Backlog Backlog::parse(const std::string& text) {
    Backlog backlog;
    std::string_view rest = text;
    while (true) {
        const auto part = rest.substr(0, rest.find(','));
        const auto colon = part.find(':');
        const auto kind = part.substr(0, colon);
        auto& count = kind == "open" ? backlog.open : backlog.settled;
        const bool known = kind == "open" || kind == "settled";
        if (!known || colon == std::string_view::npos || count != 0) {
            refuse(part);
        }
        count = parse_count(part.substr(colon + 1), part);
        if (part.size() == rest.size()) {
            return backlog;
        }
        rest.remove_prefix(part.size() + 1);
    }
}

std::string Backlog::text() const {
    const auto first = open == 0 ? "" : "open:" + short_count(open);
    const auto second = settled == 0 ? "" : "settled:" + short_count(settled);
    return first + (first.empty() || second.empty() ? "" : ",") + second;
}

std::string Backlog::template_yaml() {
    return shape.yaml(BacklogRepository::namespace_name);
}

void Backlog::fill(const std::string& conninfo, const std::function<void(double)>& progress) const {
    BacklogRepository(conninfo, shape.name()).make_periods(settled == 0 ? 0 : days);
    const auto pieces = pieces_of(*this);
    std::atomic<std::size_t> next{0};
    std::vector<std::future<void>> fillers;
    for (std::size_t i = 0; i < connections; ++i) {
        fillers.push_back(std::async(std::launch::async, [&] {
            BacklogRepository rows(conninfo, shape.name());
            for (auto piece = next++; piece < pieces.size(); piece = next++) {
                pieces[piece](rows);
            }
        }));
    }
    for (auto& filler : fillers) {
        while (filler.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
            progress(std::min(static_cast<double>(next) / static_cast<double>(pieces.size()), 1.0));
        }
        filler.get();
    }
    BacklogRepository(conninfo, shape.name()).settle_down();
}

}  // namespace tenon::app
