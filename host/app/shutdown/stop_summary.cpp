#include "app/shutdown/stop_summary.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tenon::app {
namespace {

// A line is for people; the database knows them all.
constexpr std::size_t most_named = 20;

}  // namespace

std::string stop_summary(const worker::Worker::Stopped& stopped) {
    auto line = fmt::format(
        "stopped: {} steps finished, {} given back unstarted, {} cancelled of which {} given back, "
        "{} unsettled",
        stopped.finished,
        stopped.given_back,
        stopped.cancelled,
        stopped.interrupted,
        stopped.unsettled.size()
    );
    const auto named = std::min(stopped.unsettled.size(), most_named);
    for (std::size_t i = 0; i < named; ++i) {
        line += (i == 0 ? ": " : ", ") + stopped.unsettled[i].to_string();
    }
    if (named < stopped.unsettled.size()) {
        line += fmt::format(" and {} more", stopped.unsettled.size() - named);
    }
    return line;
}

}  // namespace tenon::app
