#pragma once

#include "domain/template/task_template.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// The namespace of every template below, and its queue.
inline constexpr auto test_namespace = "steps";
inline constexpr auto test_queue = "steps_queue";

inline StepTemplate step(std::string name, std::vector<std::string> dependencies = {}) {
    StepTemplate made;
    made.callable = "test::" + name;
    made.name = std::move(name);
    made.dependencies = std::move(dependencies);
    return made;
}

/// A step that is tried `max_attempts` times without a pause.
inline StepTemplate restless(std::string name, std::int32_t max_attempts) {
    auto made = step(std::move(name));
    made.retry = {.retryable = true, .max_attempts = max_attempts, .backoff = Backoff::none};
    return made;
}

inline TaskTemplate workflow(std::string name, std::vector<StepTemplate> steps) {
    TaskTemplate made;
    made.namespace_name = test_namespace;
    made.name = std::move(name);
    made.version = "1.0.0";
    made.steps = std::move(steps);
    return made;
}

/// s1 → s2 → …
inline TaskTemplate chain(std::size_t length) {
    std::vector<StepTemplate> steps{step("s1")};
    for (std::size_t i = 2; i <= length; ++i) {
        steps.push_back(step("s" + std::to_string(i), {"s" + std::to_string(i - 1)}));
    }
    return workflow("chain", std::move(steps));
}

inline TaskTemplate diamond() {
    return workflow(
        "diamond",
        {step("top"),
         step("left", {"top"}),
         step("right", {"top"}),
         step("bottom", {"left", "right"})}
    );
}

/// start → w1 … wN → join
inline TaskTemplate fan(std::size_t width) {
    std::vector<StepTemplate> steps{step("start")};
    std::vector<std::string> all;
    for (std::size_t i = 1; i <= width; ++i) {
        all.push_back("w" + std::to_string(i));
        steps.push_back(step(all.back(), {"start"}));
    }
    steps.push_back(step("join", all));
    return workflow("fan", std::move(steps));
}

/// Steps that know nothing of each other: each is a first and a last one.
inline TaskTemplate islands(std::size_t count) {
    std::vector<StepTemplate> steps;
    for (std::size_t i = 1; i <= count; ++i) {
        steps.push_back(step("i" + std::to_string(i)));
    }
    return workflow("islands", std::move(steps));
}

}  // namespace tenon::testing
