#include "weather/task_stream.hpp"

#include "foundation/http/http_client.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <utility>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

// A stream and not a flood: what is tested is the weather, not the load.
constexpr auto between_tasks = 6ms;
constexpr auto after_a_refusal = 30ms;

constexpr std::array requests{
    R"({"namespace":"linear_workflow","name":"mathematical_sequence","context":{"even_number":6}})",
    R"({"namespace":"diamond_workflow","name":"diamond_pattern","context":{"even_number":6}})",
    R"({"namespace":"noop","name":"chain","context":{}})",
};

}  // namespace

TaskStream::TaskStream(std::string url) : url_(std::move(url)), thread_([this] { run(); }) {}

TaskStream::~TaskStream() {
    stop();
}

const std::vector<std::string>& TaskStream::stop() {
    stopping_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
    return accepted_;
}

void TaskStream::run() {
    HttpClient client({.url = url_, .timeout = 20s});
    for (std::size_t turn = 0; !stopping_; ++turn) {
        auto pause = between_tasks;
        try {
            const auto reply = client.post("/v1/tasks", requests.at(turn % requests.size()));
            if (reply.status == 201) {
                const auto body = nlohmann::json::parse(reply.body);
                accepted_.push_back(body.at("task_uuid").get<std::string>());
                ++accepted_count_;
            } else {
                ++refused_count_;
                pause = after_a_refusal;
            }
        } catch (const std::exception&) {
            ++refused_count_;
            pause = after_a_refusal;
        }
        // The pace of the client.
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace tenon::testing
