#include "plugin_host/runner/runner_generation.hpp"

#include "foundation/error.hpp"
#include "plugin_host/runner/runner_handler.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <utility>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

RunnerOptions complete(RunnerOptions options) {
    if (options.program.empty()) {
        options.program = fs::read_symlink("/proc/self/exe").parent_path() / "tenon-plugin-runner";
    }
    return options;
}

LoadMessage load_message(
    const Snapshot& snapshot,
    std::uint64_t number,
    const RunnerOptions& options
) {
    return {
        .copy = snapshot.copy().string(),
        .source = snapshot.source().string(),
        .sha256 = snapshot.sha256(),
        .generation = number,
        .memory_bytes = options.memory_bytes
    };
}

}  // namespace

RunnerGeneration::RunnerGeneration(
    Snapshot taken,
    const PluginManifest& manifest,
    std::uint64_t number,
    Needs needs
)
    : Generation(std::move(taken)),
      pool_(
          needs.options,
          load_message(snapshot(), number, needs.options),
          manifest.id,
          std::move(needs.log),
          std::move(needs.supervisor)
      ) {
    auto& info = own_info();
    info.library = snapshot().source().stem().string();
    info.file = snapshot().source();
    info.sha256 = snapshot().sha256();
    info.build_id = manifest.build_id;
    info.generation = number;
    info.isolation = Isolation::process;
}

RunnerGeneration::~RunnerGeneration() = default;

Result<std::shared_ptr<RunnerGeneration>> RunnerGeneration::start(
    Snapshot snapshot,
    const PluginManifest& manifest,
    std::uint64_t number,
    Needs needs
) {
    needs.options = complete(std::move(needs.options));
    if (!fs::exists(needs.options.program)) {
        return Error{
            ErrorCode::not_found,
            fmt::format(
                "is to run in a process of its own, but {} does not exist: install it beside "
                "tenon, or choose --isolation in_process",
                needs.options.program.string()
            )
        };
    }
    try {
        std::shared_ptr<RunnerGeneration> generation(
            new RunnerGeneration(std::move(snapshot), manifest, number, std::move(needs))
        );
        const auto hello = generation->pool_.open();
        if (!hello) {
            return hello.error();
        }
        generation->introduce(*hello);
        return generation;
    } catch (const Exception& error) {
        return Error{error.code(), fmt::format("has no runner: {}", error.what())};
    }
}

void RunnerGeneration::introduce(const HelloMessage& hello) {
    auto& info = own_info();
    info.id = hello.id;
    info.version = hello.version;
    info.sdk = hello.sdk;
    info.abi_major = hello.abi_major;
    info.abi_minor = hello.abi_minor;
    handlers_ = hello.handlers;
    for (const auto& handler : handlers_) {
        if (handler.declared) {
            info.callables.push_back(handler.traits.callable);
        }
    }
}

HandlerSet RunnerGeneration::handlers(const std::shared_ptr<const Generation>& self) const {
    const std::shared_ptr<const RunnerGeneration> own(self, this);
    HandlerSet made;
    std::uint32_t number = 0;
    for (const auto& entry : handlers_) {
        auto handler = std::make_shared<const RunnerHandler>(own, number++, entry.traits);
        (entry.declared ? made.declared : made.functions).push_back(std::move(handler));
    }
    return made;
}

// What goes on in a runner ends with it: nothing keeps the code in memory.
std::uint64_t RunnerGeneration::wind_down(std::chrono::milliseconds deadline) {
    pool_.end(deadline);
    return 0;
}

}  // namespace tenon::plugin_host
