#pragma once

#include "app/bench/report/bench_report.hpp"
#include "database/repositories/bench/bench_repository.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace tenon::app {

/// Looks now and then, during a load of a given duration, at memory and tables. Of any other load
/// it notes nothing. One thread.
class CourseRecorder {
public:
    CourseRecorder(
        const std::string& conninfo,
        const std::optional<std::chrono::milliseconds>& duration
    );

    /// `at_s` after the beginning `ended` tasks have ended: adds a sample when it is time for one.
    void look(double at_s, double ended, BenchCourse& course);

private:
    double interval_s_ = 0;  ///< 0: never.
    double next_s_ = 0;
    std::optional<database::BenchRepository> database_;
};

}  // namespace tenon::app
