#include "app/terminal/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace tenon::app {

namespace {

std::optional<int> number_at(std::string_view text, std::size_t position, std::size_t digits) {
    int number = 0;
    if (position + digits > text.size()) {
        return std::nullopt;
    }
    const auto* begin = text.data() + position;
    const auto [end, failure] = std::from_chars(begin, begin + digits, number);
    return failure == std::errc{} && end == begin + digits ? std::optional(number) : std::nullopt;
}

/// The fraction of a second that ".123456Z" stands for; nothing when it is something else.
std::optional<std::chrono::microseconds> parse_fraction(std::string_view text) {
    constexpr std::size_t digits_max = 6;
    if (text == "Z") {
        return std::chrono::microseconds::zero();
    }
    if (text.size() < 3 || text.front() != '.' || text.back() != 'Z') {
        return std::nullopt;
    }
    auto digits = std::string(text.substr(1, text.size() - 2));
    digits.resize(digits_max, '0');
    const auto micros = number_at(digits, 0, digits_max);
    return micros ? std::optional(std::chrono::microseconds(*micros)) : std::nullopt;
}

}  // namespace

std::string duration_text(std::chrono::microseconds duration) {
    using namespace std::chrono;
    duration = std::max(duration, microseconds::zero());
    const auto ms = static_cast<double>(duration.count()) / 1e3;
    if (duration < milliseconds(10)) {
        return fmt::format("{:.2f} ms", ms);
    }
    if (duration < seconds(1)) {
        return fmt::format("{:.0f} ms", ms);
    }
    if (duration < minutes(1)) {
        return fmt::format("{:.2f} s", ms / 1e3);
    }
    const auto total_seconds = duration_cast<seconds>(duration).count();
    if (duration < hours(1)) {
        return fmt::format("{} m {:02} s", total_seconds / 60, total_seconds % 60);
    }
    const auto total_minutes = total_seconds / 60;
    if (duration < hours(24)) {
        return fmt::format("{} h {:02} m", total_minutes / 60, total_minutes % 60);
    }
    return fmt::format("{} d {:02} h", total_minutes / 60 / 24, total_minutes / 60 % 24);
}

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) {
    using namespace std::chrono;
    constexpr std::string_view form = "0000-00-00T00:00:00";
    if (text.size() <= form.size()) {
        return std::nullopt;
    }
    const auto y = number_at(text, 0, 4);
    const auto mon = number_at(text, 5, 2);
    const auto d = number_at(text, 8, 2);
    const auto h = number_at(text, 11, 2);
    const auto min = number_at(text, 14, 2);
    const auto s = number_at(text, 17, 2);
    const auto fraction = parse_fraction(text.substr(form.size()));
    if (!y || !mon || !d || !h || !min || !s || !fraction) {
        return std::nullopt;
    }
    const year_month_day date{
        year(*y), month(static_cast<unsigned>(*mon)), day(static_cast<unsigned>(*d))
    };
    if (!date.ok()) {
        return std::nullopt;
    }
    return sys_days(date) + hours(*h) + minutes(*min) + seconds(*s) + *fraction;
}

}  // namespace tenon::app
