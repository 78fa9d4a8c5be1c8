#include "app/bench/report/bench_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace tenon::app {
namespace {

constexpr double width = 760;
constexpr double panel_height = 200;
constexpr double left = 70;
constexpr double right = 20;
constexpr double plot_width = width - left - right;
constexpr double first_panel = 70;
constexpr double panel_step = panel_height + 70;
constexpr double second_panel = first_panel + panel_step;
constexpr int grid_lines = 4;

// Distinct in grey, too.
constexpr std::array<std::string_view, 5>
    colours{"#1b5e9b", "#c2571a", "#3f7f3f", "#7a4a9c", "#555555"};

using Points = std::vector<std::pair<double, double>>;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
    return fmt::format(
        R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)"
        "\n",
        x,
        y,
        anchor,
        escaped(text)
    );
}

/// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
    if (value <= 0) {
        return 1;
    }
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0}) {
        if (value <= step * power) {
            return step * power;
        }
    }
    return 10 * power;
}

/// One panel: a frame with a scale for y from 0, and lines in it.
class Panel {
public:
    Panel(double top, std::string_view title, double most_x, double most_y)
        : top_(top), most_x_(most_x), most_y_(round_up(most_y)) {
        text_ += text_at(left, top - 8, "start", title);
        for (int i = 0; i <= grid_lines; ++i) {
            const double value = most_y_ * i / grid_lines;
            text_ += fmt::format(
                R"(<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" stroke="#ddd"/>)"
                "\n",
                left,
                width - right,
                y_of(value),
                y_of(value)
            );
            text_ += text_at(left - 8, y_of(value) + 4, "end", fmt::format("{:g}", value));
        }
    }

    void mark(double x, std::string_view text) {
        text_ += text_at(x_of(x), top_ + panel_height + 18, "middle", text);
    }

    void line(const Points& points, std::string_view colour) {
        text_ +=
            fmt::format(R"(<polyline fill="none" stroke="{}" stroke-width="1.5" points=")", colour);
        for (const auto& [x, y] : points) {
            text_ += fmt::format("{:.1f},{:.1f} ", x_of(x), y_of(y));
        }
        text_ += "\"/>\n";
    }

    std::string take() && { return std::move(text_); }

private:
    double x_of(double x) const { return left + plot_width * x / most_x_; }

    double y_of(double y) const { return top_ + panel_height * (1 - std::min(y / most_y_, 1.0)); }

    double top_;
    double most_x_;
    double most_y_;
    std::string text_;
};

/// Steps per second in each interval, at the interval's end.
Points throughput(const BenchCourse& course, double steps_per_task) {
    Points points;
    const double seconds = std::chrono::duration<double>(course.interval).count();
    double before = 0;
    for (std::size_t i = 0; i < course.ended.size(); ++i) {
        const double rate = (course.ended[i] - before) * steps_per_task / seconds;
        points.emplace_back(seconds * static_cast<double>(i + 1), rate);
        before = course.ended[i];
    }
    return points;
}

// x counts nines: 0 is the minimum, 1 the 90th percentile, 2 the 99th, 3 the 99.9th.
constexpr double most_nines = 4;

Points by_percentile(const BenchCourse& course) {
    Points points;
    const auto count = static_cast<double>(course.complete.count());
    constexpr int most_points = 400;
    for (int i = 0; i <= most_points; ++i) {
        const double nines = most_nines * i / most_points;
        const double above = std::pow(10.0, -nines);
        // Beyond the last time there is nothing to see.
        if (above * count < 1) {
            break;
        }
        points.emplace_back(nines, course.complete.at(1 - above));
    }
    return points;
}

/// One of the figures that samples have, over time.
struct SampleFigure {
    std::string_view title;
    double BenchSample::* value;
};

constexpr std::array<SampleFigure, 3> sample_figures{{
    {"memory of the hosts, MiB, over time", &BenchSample::rss_mib},
    {"dead rows in the tables of the step path and the queues, over time", &BenchSample::dead_rows},
    {"what these tables take, MiB, over time", &BenchSample::hot_mib},
}};

Points over_time(const BenchCourse& course, double BenchSample::* value) {
    Points points;
    for (const auto& sample : course.samples) {
        points.emplace_back(sample.at_s, sample.*value);
    }
    return points;
}

template <class P>
double most_of(const std::vector<Points>& lines, P coordinate) {
    double most = 0;
    for (const auto& line : lines) {
        for (const auto& point : line) {
            most = std::max(most, point.*coordinate);
        }
    }
    return most;
}

void draw(Panel& panel, const std::vector<Points>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        panel.line(lines[i], colours.at(i % colours.size()));
    }
}

using Point = std::pair<double, double>;

std::string rate_panel(const BenchPlot& plot) {
    std::vector<Points> rates;
    for (const auto& course : plot.courses) {
        rates.push_back(throughput(course, plot.steps_per_task));
    }
    const double seconds = std::max(most_of(rates, &Point::first), 0.2);
    Panel panel(first_panel, "steps per second over time", seconds, most_of(rates, &Point::second));
    panel.mark(0, "0 s");
    panel.mark(seconds, fmt::format("{:.1f} s", seconds));
    draw(panel, rates);
    return std::move(panel).take();
}

std::string latency_panel(const BenchPlot& plot) {
    std::vector<Points> latencies;
    for (const auto& course : plot.courses) {
        latencies.push_back(by_percentile(course));
    }
    Panel panel(
        second_panel,
        "submit to complete, milliseconds by percentile",
        most_nines,
        most_of(latencies, &Point::second)
    );
    for (const auto& [nines, text] :
         {std::pair{0.0, "0"}, {1.0, "90 %"}, {2.0, "99 %"}, {3.0, "99.9 %"}, {4.0, "99.99 %"}}) {
        panel.mark(nines, text);
    }
    draw(panel, latencies);
    return std::move(panel).take();
}

std::string sample_panel(const BenchPlot& plot, const SampleFigure& figure, double top) {
    std::vector<Points> lines;
    for (const auto& course : plot.courses) {
        lines.push_back(over_time(course, figure.value));
    }
    const double seconds = most_of(lines, &Point::first);
    Panel panel(top, figure.title, seconds, most_of(lines, &Point::second));
    panel.mark(0, "0 s");
    panel.mark(seconds, fmt::format("{:.1f} s", seconds));
    draw(panel, lines);
    return std::move(panel).take();
}

}  // namespace

std::string to_svg(const BenchPlot& plot) {
    std::string panels = rate_panel(plot) + latency_panel(plot);
    double last_panel = second_panel;
    const bool sampled =
        std::ranges::any_of(plot.courses, [](const auto& of) { return !of.samples.empty(); });
    if (sampled) {
        for (const auto& figure : sample_figures) {
            last_panel += panel_step;
            panels += sample_panel(plot, figure, last_panel);
        }
    }
    return fmt::format(
               R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:g} {1:g}" width="{0:g}" )"
               R"(height="{1:g}" font-family="sans-serif" font-size="12">)"
               "\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
               width,
               last_panel + panel_height + 50
           ) +
           text_at(left, 22, "start", plot.title) + text_at(left, 40, "start", plot.conditions) +
           panels + "</svg>\n";
}

}  // namespace tenon::app
