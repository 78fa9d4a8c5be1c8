#include "plugin_host/runner/guest/runner_loop.hpp"

#include "plugin_host/in_process/loaded_generation.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/runner/guest/remote_services.hpp"
#include "plugin_host/runner/guest/runner_descriptors.hpp"
#include "plugin_host/runner/guest/sandbox.hpp"
#include "plugin_host/runner/protocol/frame_socket.hpp"

#include <tenon/abi/call.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tenon::plugin_host {
namespace {

constexpr int usage_error = 64;
constexpr int defect = 70;

// The host loses patience earlier, if it has less.
constexpr std::chrono::milliseconds wind_down_patience{5000};

int number_of(RunnerDescriptor descriptor) {
    return static_cast<int>(descriptor);
}

// One write for each line: a pipe does not mix those.
void write_log(std::int32_t level, std::string_view /*plugin*/, std::string_view message) {
    std::string line(
        1,
        static_cast<char>('0' + std::clamp<std::int32_t>(level, TENON_LOG_TRACE, TENON_LOG_ERROR))
    );
    line += message;
    std::ranges::replace(line, '\n', ' ');
    line += '\n';
    [[maybe_unused]] const auto written =
        ::write(number_of(RunnerDescriptor::log), line.data(), line.size());
}

Result<std::shared_ptr<LoadedGeneration>> load(const LoadMessage& message) {
    auto snapshot = Snapshot::borrow(message.source, message.copy, message.sha256);
    const auto bytes = snapshot.bytes();
    if (!bytes) {
        return bytes.error();
    }
    const auto manifest = inspect_plugin(*bytes);
    if (!manifest) {
        return manifest.error();
    }
    return LoadedGeneration::start(std::move(snapshot), *manifest, message.generation, &write_log);
}

/// The build of this runner, and the conversation about it.
class RunnerLoop {
public:
    RunnerLoop(FrameSocket& socket, const SharedPage& page) : socket_(socket), page_(page) {}

    bool begin() {
        Frame frame;
        if (socket_.receive(frame) != FrameSocket::Outcome::done ||
            frame.header.type != FrameType::load) {
            return false;
        }
        const auto message = read_load(frame.payload);
        if (!message) {
            return false;
        }
        auto unconfined = confine_process(message->memory_bytes);
        auto loaded = load(*message);
        if (!loaded) {
            send(write_refused(buffer_, loaded.error()));
            return false;
        }
        generation_ = *std::move(loaded);
        return send(write_hello(buffer_, introduce(std::move(unconfined))));
    }

    void serve() {
        Frame frame;
        while (socket_.receive(frame) == FrameSocket::Outcome::done &&
               frame.header.type == FrameType::call && run(frame)) {
        }
    }

    void end() {
        handlers_.clear();
        generation_->wind_down(wind_down_patience);
        generation_.reset();
    }

private:
    HelloMessage introduce(std::string unconfined) {
        const auto& info = generation_->info();
        HelloMessage hello{
            .id = info.id,
            .version = info.version,
            .sdk = info.sdk,
            .abi_major = info.abi_major,
            .abi_minor = info.abi_minor,
            .unconfined = std::move(unconfined),
            .handlers = {}
        };
        const auto made = generation_->handlers(generation_);
        const auto add = [&](const auto& handlers, bool declared) {
            for (const auto& handler : handlers) {
                handlers_.push_back(handler);
                hello.handlers.push_back(
                    {.declared = declared,
                     .traits =
                         {.callable = handler->callable(),
                          .methods = handler->methods(),
                          .max_concurrency = handler->max_concurrency()}}
                );
            }
        };
        add(made.declared, true);
        add(made.functions, false);
        return hello;
    }

    bool run(const Frame& frame) {
        const auto number = frame.header.call;
        // The frame's own buffer is for the answers that this call gets.
        payload_.assign(frame.payload);
        auto call = read_call(payload_);
        if (!call || call->handler >= handlers_.size()) {
            return false;
        }
        RemoteServices services(socket_, page_, number);
        call->step.dependencies = call->dependencies;
        call->step.services = call->has_services ? &services : nullptr;
        const auto outcome = handlers_.at(call->handler)->invoke(call->step);
        return send(write_outcome(buffer_, number, outcome));
    }

    bool send(const Result<std::string_view>& frame) {
        return frame && socket_.send(*frame) == FrameSocket::Outcome::done;
    }

    FrameSocket& socket_;
    const SharedPage& page_;
    std::shared_ptr<LoadedGeneration> generation_;
    std::vector<std::shared_ptr<const Handler>> handlers_;
    std::string buffer_;
    std::string payload_;
};

}  // namespace

int run_runner(pid_t host) {
    if (!tie_to_host(host)) {
        std::fputs("tenon-plugin-runner is started by tenon\n", stderr);
        return usage_error;
    }
    for (const auto descriptor :
         {RunnerDescriptor::socket,
          RunnerDescriptor::cancel,
          RunnerDescriptor::page,
          RunnerDescriptor::log}) {
        ::fcntl(number_of(descriptor), F_SETFD, FD_CLOEXEC);
    }
    // Whole lines, so that nothing a plugin printed is lost with it.
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const void* const page = ::mmap(
        nullptr, sizeof(SharedPage), PROT_READ, MAP_SHARED, number_of(RunnerDescriptor::page), 0
    );
    if (page == MAP_FAILED) {
        return defect;
    }
    FrameSocket socket{FileDescriptor(number_of(RunnerDescriptor::socket))};
    try {
        RunnerLoop loop(socket, *static_cast<const SharedPage*>(page));
        if (!loop.begin()) {
            return 0;
        }
        loop.serve();
        loop.end();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "runner: %s\n", error.what());
        return defect;
    }
    return 0;
}

}  // namespace tenon::plugin_host
