#include "app/commands/operations/answer.hpp"

#include "app/commands/task_console.hpp"
#include "app/terminal/display_text.hpp"

#include <algorithm>

namespace tenon::app {

namespace {

constexpr JsonLimits limits{.max_bytes = std::size_t{64} * 1024 * 1024, .max_depth = 256};
constexpr std::size_t seconds_columns = 19;  // "2026-01-31T12:00:00".
constexpr std::size_t last_column_min = 8;

void widen(std::vector<std::size_t>& widths, const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
        widths[i] = std::max(widths[i], display_width(row[i]));
    }
}

std::string draw_row(
    const std::vector<std::string>& row,
    const std::vector<std::size_t>& widths,
    std::size_t columns
) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto separator = line.empty() ? "" : "  ";
        if (i + 1 < row.size()) {
            line += separator + pad_right(row[i], widths[i]);
            continue;
        }
        const auto used = display_width(line) + 2;
        const auto room = columns > used ? columns - used : 0;
        line += separator + shorten(row[i], std::max(room, last_column_min), "...");
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

JsonSlice parse_answer(std::string_view answer) {
    const auto json = JsonSlice::parse(answer, limits);
    if (!json) {
        throw CommandFailure(
            ExitCode::host_error,
            "the host answered what this version cannot read: " + json.error().detail
        );
    }
    return *json;
}

std::string text_of(const JsonSlice& object, std::string_view name) {
    const auto value = object.find(name);
    if (!value || value->kind() == JsonKind::null) {
        return {};
    }
    return printable(value->string().value_or(value->compact()));
}

std::string time_of(const JsonSlice& object, std::string_view name) {
    auto text = text_of(object, name);
    if (text.size() > seconds_columns && text[10] == 'T') {
        text.resize(seconds_columns);
        text[10] = ' ';
    }
    return text;
}

std::vector<std::string> draw_table(
    const std::vector<std::vector<std::string>>& rows,
    std::size_t columns
) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widen(widths, row);
    }
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        lines.push_back(draw_row(row, widths, columns));
    }
    return lines;
}

}  // namespace tenon::app
