#include "app/commands/operations/maintenance_commands.hpp"

#include "app/commands/operations/answer.hpp"
#include "foundation/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string_view>

namespace tenon::app {

namespace {

using Size = database::MaintenanceRepository::Size;
using Names = std::vector<std::string>;

constexpr std::chrono::seconds period = std::chrono::days(1);

struct Unit {
    char letter;
    std::chrono::seconds length;
};

constexpr std::array units{
    Unit{'d', std::chrono::days(1)},
    Unit{'h', std::chrono::hours(1)},
    Unit{'m', std::chrono::minutes(1)},
    Unit{'s', std::chrono::seconds(1)},
};

/// Names of periods by what was done to them.
using Deeds = std::map<std::string, Names>;

Deeds deeds_of(const JsonSlice& answer) {
    Deeds deeds;
    for (const std::string kind : {"made", "dropped", "open", "busy"}) {
        auto& names = deeds[kind];
        const auto list = answer.find(kind);
        for (const auto& name : list ? list->elements() : std::vector<JsonSlice>()) {
            names.push_back(name.string().value_or(""));
        }
    }
    return deeds;
}

std::string list_json(const Names& names) {
    std::string list;
    for (const auto& name : names) {
        list += (list.empty() ? "" : ",") + json_quote(name);
    }
    return "[" + list + "]";
}

void print_deeds(std::int64_t archived, const Deeds& deeds) {
    struct Line {
        std::string_view kind;
        std::string_view sentence;
    };

    constexpr std::array lines{
        Line{"made", "made periods"},
        Line{"dropped", "dropped periods"},
        Line{"open", "kept for tasks that have not ended, or ended a short time ago"},
        Line{"busy", "left for another time, because they are in use"},
    };
    bool any = archived > 0;
    if (any) {
        fmt::print("moved {} ended {} to history\n", archived, archived == 1 ? "task" : "tasks");
    }
    for (const auto& [kind, sentence] : lines) {
        const auto& names = deeds.at(std::string(kind));
        if (!names.empty()) {
            any = true;
            fmt::print("{}: {}\n", sentence, fmt::join(names, ", "));
        }
    }
    if (!any) {
        fmt::print("nothing to do\n");
    }
}

std::string bytes_text(std::int64_t bytes) {
    constexpr std::array<std::string_view, 5> names{"B", "kB", "MB", "GB", "TB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1024 && unit + 1 < names.size()) {
        amount /= 1024;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", amount, unit == 0 ? 0 : 1, names[unit]);
}

}  // namespace

std::chrono::seconds parse_span(const std::string& text) {
    constexpr std::int64_t count_max = 1'000'000'000;
    std::int64_t count = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, count);
    const bool number = failure == std::errc{} && stop + 1 == end && count >= 0;
    const auto* const unit = number ? std::ranges::find(units, *stop, &Unit::letter) : units.end();
    if (unit == units.end() || count * unit->length.count() > count_max) {
        throw CommandFailure(
            ExitCode::usage, "'" + text + "' is no span of time; write it as 30d, 12h, 90m or 45s"
        );
    }
    return count * unit->length;
}

void maintain_database(
    database::MaintenanceRepository& database,
    const MaintenanceSpans& spans,
    bool json
) {
    const auto archived = database.archive(spans.archive_after);
    const auto answer = database.maintain(spans.keep, period);
    const auto deeds = deeds_of(parse_answer(answer));
    if (!json) {
        print_deeds(archived, deeds);
        return;
    }
    fmt::print(
        "{{\"archived\":{},\"made\":{},\"dropped\":{},\"open\":{},\"busy\":{}}}\n",
        archived,
        list_json(deeds.at("made")),
        list_json(deeds.at("dropped")),
        list_json(deeds.at("open")),
        list_json(deeds.at("busy"))
    );
}

std::vector<std::string> size_lines(const std::vector<Size>& sizes, std::size_t columns) {
    std::vector<std::vector<std::string>> rows{{"table", "period", "rows", "dead", "size"}};
    std::int64_t sum = 0;
    for (const auto& size : sizes) {
        sum += size.bytes;
        rows.push_back(
            {size.relation,
             size.period,
             std::to_string(size.rows),
             std::to_string(size.dead),
             bytes_text(size.bytes)}
        );
    }
    auto lines = draw_table(rows, columns);
    lines.push_back(bytes_text(sum) + " in all");
    return lines;
}

std::string size_json(const std::vector<Size>& sizes) {
    std::string list;
    for (const auto& size : sizes) {
        list += fmt::format(
            R"({}{{"relation":{},"period":{},"rows":{},"bytes":{},"dead":{}}})",
            list.empty() ? "" : ",",
            json_quote(size.relation),
            size.period.empty() ? "null" : json_quote(size.period),
            size.rows,
            size.bytes,
            size.dead
        );
    }
    return "[" + list + "]";
}

}  // namespace tenon::app
