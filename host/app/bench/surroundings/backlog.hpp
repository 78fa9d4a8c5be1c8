#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tenon::app {

/// What a database holds before the load begins, as in a system that has been at work for long.
struct Backlog {
    std::int64_t open = 0;     ///< Tasks that wait.
    std::int64_t settled = 0;  ///< Steps of tasks that completed.

    bool empty() const noexcept { return open == 0 && settled == 0; }

    /// "open:10k", "settled:10M", "open:1M,settled:2500000". Throws Exception(invalid_input).
    static Backlog parse(const std::string& text);

    /// As `parse` reads it.
    std::string text() const;

    /// The template of its tasks as YAML, a chain of four in a namespace of its own.
    static std::string template_yaml();

    /// Fills the database, whose hosts must know the template. Half of the open tasks wait for a
    /// retry, half on the queue of their namespace for somebody who serves it; a tenth of the
    /// settled steps is too fresh for history, the others are there, spread over a week. `progress`
    /// hears the share that is done.
    void fill(const std::string& conninfo, const std::function<void(double)>& progress) const;
};

}  // namespace tenon::app
