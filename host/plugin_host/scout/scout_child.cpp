#include "plugin_host/scout/scout_child.hpp"

#include "plugin_host/inspection/plugin_manifest.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

constexpr int reply_descriptor = 3;
constexpr int usage_error = 64;
constexpr int defect = 70;

std::string read_input() {
    std::string text;
    std::array<char, 65536> buffer{};
    for (auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size()); size > 0;
         size = ::read(STDIN_FILENO, buffer.data(), buffer.size())) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::close(nothing);
    return text;
}

void limit(__rlimit_resource resource, rlim_t most) {
    rlimit both{};
    ::getrlimit(resource, &both);
    both.rlim_cur = std::min(most, both.rlim_max);
    both.rlim_max = both.rlim_cur;
    ::setrlimit(resource, &both);
}

void limit_process(const ScoutRequest& request) {
    constexpr rlim_t descriptors = 1024;
    constexpr rlim_t cpu_seconds = 120;
    constexpr rlim_t file_bytes = rlim_t{64} * 1024 * 1024;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, descriptors);
    limit(RLIMIT_CPU, cpu_seconds);
    limit(RLIMIT_FSIZE, file_bytes);
    if (request.max_memory != 0) {
        limit(RLIMIT_AS, request.max_memory);
    }
}

}  // namespace

int run_scout(std::span<const ScoutAction> actions) {
    const auto request = parse_scout_request(read_input());
    if (!request) {
        std::fprintf(
            stderr, "tenon-plugin-scout is started by tenon: %s\n", request.error().detail.c_str()
        );
        return usage_error;
    }
    const auto action = std::ranges::find(actions, request->action, &ScoutAction::name);
    if (action == actions.end()) {
        std::fprintf(stderr, "no scout does '%s'\n", request->action.c_str());
        return usage_error;
    }
    // A plugin's own children must not keep the pipe open.
    ::fcntl(reply_descriptor, F_SETFD, FD_CLOEXEC);
    limit_process(*request);
    ScoutReply reply(reply_descriptor);
    try {
        action->run(*request, reply);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "scout: %s\n", error.what());
        return defect;
    }
    reply.end();
    return 0;
}

std::shared_ptr<LoadedGeneration> load_for(const ScoutRequest& request, ScoutReply& reply) {
    auto snapshot = Snapshot::borrow(request.source, request.file, request.sha256);
    const auto bytes = snapshot.bytes();
    const auto manifest = bytes ? inspect_plugin(*bytes) : Result<PluginManifest>(bytes.error());
    auto generation = manifest ? LoadedGeneration::start(std::move(snapshot), *manifest, 1, {})
                               : Result<std::shared_ptr<LoadedGeneration>>(manifest.error());
    if (generation) {
        return *std::move(generation);
    }
    const auto finding = finding_of(generation.error());
    reply.finding(finding.rule, finding.what, finding.fix);
    return nullptr;
}

}  // namespace tenon::plugin_host
