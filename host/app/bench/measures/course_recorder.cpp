#include "app/bench/measures/course_recorder.hpp"

#include "app/bench/measures/process_usage.hpp"

#include <algorithm>

namespace tenon::app {
namespace {

// Enough for a plot.
constexpr double most_samples = 200;

// To look at the tables costs the server about a millisecond.
constexpr double shortest_s = 0.5;

constexpr double kib = 1024;

}  // namespace

CourseRecorder::CourseRecorder(
    const std::string& conninfo,
    const std::optional<std::chrono::milliseconds>& duration
) {
    if (duration) {
        interval_s_ =
            std::max(std::chrono::duration<double>(*duration).count() / most_samples, shortest_s);
        next_s_ = interval_s_;
        database_.emplace(conninfo);
    }
}

void CourseRecorder::look(double at_s, double ended, BenchCourse& course) {
    if (interval_s_ <= 0 || at_s < next_s_) {
        return;
    }
    next_s_ = at_s + interval_s_;
    const auto tables = database_->hot_tables();
    course.samples.push_back(
        {.at_s = at_s,
         .ended = ended,
         .rss_mib = static_cast<double>(family_usage().rss_kib) / kib,
         .dead_rows = static_cast<double>(tables.dead_rows),
         .hot_mib = static_cast<double>(tables.bytes) / (kib * kib)}
    );
}

}  // namespace tenon::app
