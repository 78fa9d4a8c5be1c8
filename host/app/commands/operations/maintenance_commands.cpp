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
constexpr int rounds_max = 1000;

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

/// What one or more rounds did, by its kind.
using Deeds = std::map<std::string, Names>;

void note(Deeds& deeds, const JsonSlice& round) {
    for (const std::string kind : {"made", "closing", "settled", "dropped", "busy"}) {
        auto& names = deeds[kind];
        const auto list = round.find(kind);
        for (const auto& name : list ? list->elements() : std::vector<JsonSlice>()) {
            names.push_back(name.string().value_or(""));
        }
    }
}

std::string list_json(const Names& names) {
    std::string list;
    for (const auto& name : names) {
        list += (list.empty() ? "" : ",") + json_quote(name);
    }
    return "[" + list + "]";
}

void print_deeds(const Deeds& deeds) {
    struct Line {
        std::string_view kind;
        std::string_view sentence;
    };

    constexpr std::array lines{
        Line{"made", "made ready"},
        Line{"settled", "moved to history"},
        Line{"dropped", "dropped"},
        Line{"busy", "left for another time, because they are in use"},
    };
    bool any = false;
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
    std::chrono::seconds keep,
    bool json
) {
    Deeds deeds;
    for (int round = 0; round < rounds_max; ++round) {
        deeds["closing"].clear();
        deeds["busy"].clear();
        const auto done = database.maintain(keep, period);
        note(deeds, parse_answer(done));
        if (deeds["closing"].empty()) {
            break;
        }
    }
    if (!json) {
        print_deeds(deeds);
        return;
    }
    fmt::print(
        "{{\"made\":{},\"settled\":{},\"dropped\":{},\"busy\":{}}}\n",
        list_json(deeds["made"]),
        list_json(deeds["settled"]),
        list_json(deeds["dropped"]),
        list_json(deeds["busy"])
    );
}

std::vector<std::string> size_lines(const std::vector<Size>& sizes, std::size_t columns) {
    std::vector<std::vector<std::string>> rows{{"table", "period", "state", "rows", "dead", "size"}
    };
    std::int64_t sum = 0;
    for (const auto& size : sizes) {
        sum += size.bytes;
        rows.push_back(
            {size.relation,
             size.period,
             size.period.empty() ? "" : size.state,
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
            R"({}{{"relation":{},"period":{},"rows":{},"bytes":{},"dead":{},"state":{}}})",
            list.empty() ? "" : ",",
            json_quote(size.relation),
            size.period.empty() ? "null" : json_quote(size.period),
            size.rows,
            size.bytes,
            size.dead,
            json_quote(size.state)
        );
    }
    return "[" + list + "]";
}

}  // namespace tenon::app
