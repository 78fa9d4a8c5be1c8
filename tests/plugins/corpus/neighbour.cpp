#include "neighbour.hpp"

#include <chrono>
#include <variant>

namespace tenon::corpus {

using namespace std::chrono_literals;

Neighbour::Neighbour(const plugin_host::PluginRegistry& registry)
    : registry_(registry), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
              call();
              std::this_thread::sleep_for(500us);
          }
      }) {}

Neighbour::~Neighbour() = default;

void Neighbour::call() {
    std::string answer;
    if (const auto handler = registry_.resolve("rolling::b"); handler) {
        const auto outcome = (*handler)->invoke({});
        const auto* failed = std::get_if<StepFailure>(&outcome);
        answer = failed == nullptr ? std::get<std::string>(outcome) : failed->message;
    } else {
        answer = handler.error().detail;
    }
    if (answer == R"("1.0.0")") {
        ++right_;
        return;
    }
    ++wrong_;
    const std::lock_guard lock(mutex_);
    complaint_ = complaint_.empty() ? answer : complaint_;
}

bool Neighbour::answers() const {
    constexpr auto patience = 20s;
    // One may be under way that began before.
    const auto enough = right_ + 2;
    const auto until = std::chrono::steady_clock::now() + patience;
    while (right_ < enough && wrong_ == 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(1ms);
    }
    return right_ >= enough && wrong_ == 0;
}

std::string Neighbour::complaint() const {
    const std::lock_guard lock(mutex_);
    return complaint_;
}

}  // namespace tenon::corpus
