#include "corpus_host.hpp"

#include "support/private_directory.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace tenon::corpus {
namespace fs = std::filesystem;

using namespace plugin_host;
using namespace std::chrono_literals;

CorpusHost::CorpusHost(Isolation isolation, fs::path directory, Adjust adjust)
    : isolation_(isolation), directory_(std::move(directory)), adjust_(std::move(adjust)) {
    fs::create_directories(folder());
    put("neighbour", bytes(std::string(Neighbour::guest)));
    begin();
}

void CorpusHost::watch(Options& options) {
    options.watch = {.quiet = 60ms, .most = 2000ms, .rescan = 60s};
}

CorpusHost::Options CorpusHost::options() const {
    constexpr auto never = std::chrono::hours(1);
    Options options{
        .registry =
            {.snapshot_directory = state(),
             .isolation = {.usual = isolation_},
             .runners =
                 {.program = TENON_BINARY_DIR "/tenon-plugin-runner",
                  .memory_bytes = std::uint64_t{1} << 30U,
                  .grace = 500ms,
                  .idle_limit = 500ms,
                  .recycle_bytes = std::uint64_t{48} << 20U}},
        .state_directory = state(),
        .folders = {folder()},
        .trial =
            std::make_shared<ScoutTrial>(Scout({.program = TENON_BINARY_DIR "/tenon-plugin-scout"})
            ),
        .watch = {.quiet = never, .most = never, .rescan = never},
        .quiesce = 500ms
    };
    if (adjust_) {
        adjust_(options);
    }
    return options;
}

void CorpusHost::begin() {
    lifecycle_ = std::make_unique<PluginLifecycle>(options());
    lifecycle_->load_folders();
    lifecycle_->start({});
    neighbour_.emplace(lifecycle_->registry());
    if (!neighbour_->answers()) {
        throw std::runtime_error("the neighbour does not answer: " + neighbour_->complaint());
    }
}

void CorpusHost::restart() {
    neighbour_.reset();
    lifecycle_.reset();
    begin();
}

fs::path CorpusHost::file(const std::string& name) const {
    return folder() / (name + ".so");
}

std::string CorpusHost::bytes(const std::string& guest) {
    const auto built = fs::path(TENON_GUEST_DIRECTORY) / (guest + ".so");
    auto content = tenon::testing::read_file(built);
    if (content.empty()) {
        throw std::runtime_error(built.string() + " is not built");
    }
    return content;
}

fs::path CorpusHost::put(const std::string& name, std::string_view content) const {
    const auto fresh = directory_ / "fresh";
    std::ofstream(fresh, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    fs::permissions(fresh, fs::perms::owner_all);
    fs::rename(fresh, file(name));
    return file(name);
}

Result<PluginInfo> CorpusHost::deploy(const std::string& guest, const std::string& name) {
    return deploy_bytes(name.empty() ? guest : name, bytes(guest));
}

Result<PluginInfo> CorpusHost::deploy_bytes(const std::string& name, std::string_view content) {
    put(name, content);
    return load(name);
}

Result<PluginInfo> CorpusHost::load(const std::string& name) {
    return lifecycle_->reload(file(name)).front().result;
}

std::shared_ptr<const Handler> CorpusHost::handler(const std::string& callable) const {
    auto found = lifecycle_->registry().resolve(callable);
    return found ? *found : nullptr;
}

StepOutcome CorpusHost::invoke(const std::string& callable, std::string_view method, StepCall step)
    const {
    step.method = method;
    const auto found = lifecycle_->registry().resolve(callable);
    if (!found) {
        StepFailure failure;
        failure.error_code = "not_loaded";
        failure.message = found.error().detail;
        return failure;
    }
    return (*found)->invoke(step);
}

std::string CorpusHost::answer(const std::string& callable, std::string_view method) const {
    return to_text(invoke(callable, method));
}

std::string to_text(const StepOutcome& outcome) {
    if (const auto* failed = std::get_if<StepFailure>(&outcome)) {
        return failed->error_code + ": " + failed->message;
    }
    const auto* result = std::get_if<std::string>(&outcome);
    return result == nullptr ? "yielded" : *result;
}

}  // namespace tenon::corpus
