#include "foundation/runtime/actor_registry.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace tenon {

ActorRegistry::~ActorRegistry() {
    stop();
    while (!actors_.empty()) {
        actors_.pop_back();
    }
}

void ActorRegistry::start() {
    try {
        for (; running_ < actors_.size(); ++running_) {
            actors_[running_].started();
        }
    } catch (...) {
        stop();
        throw;
    }
}

void ActorRegistry::stop() noexcept {
    while (running_ > 0) {
        const auto& entry = actors_[--running_];
        try {
            entry.stopped();
        } catch (const std::exception& error) {
            log::warning("actors", entry.name + " did not stop well: " + error.what());
        }
    }
}

std::vector<std::string> ActorRegistry::running() const {
    std::vector<std::string> names;
    names.reserve(running_);
    for (std::size_t i = 0; i < running_; ++i) {
        names.push_back(actors_[i].name);
    }
    return names;
}

void ActorRegistry::add(Entry entry) {
    if (running_ > 0) {
        throw std::logic_error("actor " + entry.name + " was built after the others were started");
    }
    if (std::ranges::find(actors_, entry.name, &Entry::name) != actors_.end()) {
        throw std::logic_error("actor " + entry.name + " was built twice");
    }
    actors_.push_back(std::move(entry));
}

}  // namespace tenon
