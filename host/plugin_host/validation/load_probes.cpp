#include "plugin_host/validation/load_probes.hpp"

#include "foundation/json_text.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/handler.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/scout/process_traces.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <regex>
#include <set>
#include <thread>

namespace tenon::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto slow = 100ms;
constexpr std::size_t grown_bytes = std::size_t{4} * 1024 * 1024;
constexpr std::size_t longest_text = 512;
constexpr std::size_t longest_schema = std::size_t{1024} * 1024;

std::string said(std::span<const char> text, tenon_status status) {
    const auto words = to_valid_utf8({text.data(), ::strnlen(text.data(), text.size())});
    return words.empty() ? fmt::format("status {}", status) : words;
}

// Threads that were told to end may need a moment to be gone.
std::vector<Finding> left_behind(const ProcessTraces& before) {
    constexpr int looks = 20;
    std::vector<Finding> findings;
    for (int look = 0; look < looks; ++look) {
        findings = before.left_behind(ProcessTraces::take());
        if (findings.empty()) {
            break;
        }
        std::this_thread::sleep_for(10ms);
    }
    return findings;
}

// Unloads it, and looks at what stays.
void unload(
    std::shared_ptr<LoadedGeneration> generation,
    const ProcessTraces& before,
    const ScoutRequest& request,
    ScoutReply& reply
) {
    reply.begin("unloading it");
    generation.reset();
    reply.begin("looking at what it left behind");
    for (const auto& finding : left_behind(before)) {
        reply.finding(finding.rule, finding.what, finding.fix);
    }
    if (is_loaded(request.file.string())) {
        reply.finding(
            PluginRule::stays_mapped,
            "is still in memory after it was unloaded",
            "avoid thread_local with destructors; compile with -fno-gnu-unique"
        );
    }
}

void load(const ScoutRequest& request, ScoutReply& reply) {
    const auto before = ProcessTraces::take();
    reply.begin("loading it");
    const auto began = Clock::now();
    auto generation = load_for(request, reply);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    if (!generation) {
        return;
    }
    if (took > slow) {
        reply.finding(
            PluginRule::slow_load,
            fmt::format("took {} ms to load", took.count()),
            "do in the first call what static constructors and init() do"
        );
    }
    unload(std::move(generation), before, request, reply);
}

void check_schema(
    const tenon_handler& handler,
    const char* schema,
    std::string_view which,
    ScoutReply& reply
) {
    if (schema == nullptr) {
        return;
    }
    const std::string_view text(schema, ::strnlen(schema, longest_schema));
    const auto checked = check_json(text);
    if (!checked || text.find_first_not_of(" \t\r\n") != text.find('{')) {
        reply.finding(
            PluginRule::bad_schema,
            fmt::format(
                "has a {} of {} that is no JSON object{}",
                which,
                handler.callable,
                checked ? "" : ", " + checked.error().detail
            ),
            "write it as a JSON Schema, e.g. {\"type\":\"object\"}"
        );
    }
}

void check_methods(const tenon_handler& handler, ScoutReply& reply) {
    const auto names = split_methods(handler.methods);
    const std::set<std::string> distinct(names.begin(), names.end());
    const std::string_view text = handler.methods == nullptr ? "" : handler.methods;
    const auto commas = static_cast<std::size_t>(std::ranges::count(text, ','));
    if (distinct.size() != names.size() || names.size() != commas + 1) {
        reply.finding(
            PluginRule::bad_methods,
            fmt::format("names the methods of {} as '{}'", handler.callable, text),
            "list each name once, separated by commas"
        );
    }
}

void check_notes(
    const ScoutRequest& request,
    const LoadedGeneration& generation,
    ScoutReply& reply
) {
    auto snapshot = Snapshot::borrow(request.source, request.file, request.sha256);
    const auto bytes = snapshot.bytes();
    const auto manifest = bytes ? inspect_plugin(*bytes) : Result<PluginManifest>(bytes.error());
    if (!manifest) {
        return;
    }
    const auto& info = generation.info();
    const std::set<std::string> noted(manifest->callables.begin(), manifest->callables.end());
    const std::set<std::string> declared(info.callables.begin(), info.callables.end());
    const bool same_identity = (manifest->id.empty() || manifest->id == info.id) &&
                               (manifest->version.empty() || manifest->version == info.version);
    if (noted != declared || !same_identity) {
        reply.finding(
            PluginRule::notes_differ,
            fmt::format(
                "is {} {} with {} callables by its notes, but {} {} with {} by its table",
                manifest->id,
                manifest->version,
                noted.size(),
                info.id,
                info.version,
                declared.size()
            ),
            "declare both by the SDK's macros; in C add TENON_NOTE_TEXT for each"
        );
    }
}

void describe(const ScoutRequest& request, ScoutReply& reply) {
    static const std::regex version(R"re(\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?)re");
    const auto generation = load_for(request, reply);
    if (!generation) {
        return;
    }
    reply.begin("reading its description");
    check_notes(request, *generation, reply);
    if (!std::regex_match(generation->info().version, version)) {
        reply.finding(
            PluginRule::bad_version,
            fmt::format("calls its version '{}'", generation->info().version),
            "use three numbers, x.y.z"
        );
    }
    for (const auto* handler : generation->handlers()) {
        check_schema(*handler, handler->input_schema, "input schema", reply);
        check_schema(*handler, handler->result_schema, "result schema", reply);
        check_methods(*handler, reply);
    }
}

void try_instances(const tenon_handler& handler, ScoutReply& reply) {
    if (handler.create == nullptr) {
        return;
    }
    std::array<void*, 3> instances{};
    std::array<char, longest_text> error{};
    reply.begin(fmt::format("creating {}", handler.callable));
    for (auto& instance : instances) {
        const auto made =
            handler.create(handler.user, {"{}", 2}, &instance, error.data(), error.size());
        if (made != TENON_OK) {
            reply.finding(
                PluginRule::no_instance,
                fmt::format(
                    "cannot create {} with the configuration {{}}, {}",
                    handler.callable,
                    said(error, made)
                ),
                "give every setting a default"
            );
            return;
        }
    }
    reply.begin(fmt::format("destroying {}", handler.callable));
    for (void* const instance : instances) {
        if (handler.destroy != nullptr) {
            handler.destroy(instance);
        }
    }
}

void make_instances(const ScoutRequest& request, ScoutReply& reply) {
    const auto generation = load_for(request, reply);
    if (!generation) {
        return;
    }
    for (const auto* handler : generation->handlers()) {
        try_instances(*handler, reply);
    }
}

void run_selftest(const LoadedGeneration& generation, ScoutReply& reply) {
    if (generation.entry().selftest == nullptr) {
        return;
    }
    reply.begin("its own selftest()");
    std::array<char, longest_text> error{};
    const auto status = generation.entry().selftest({"{}", 2}, error.data(), error.size());
    if (status != TENON_OK) {
        reply.finding(
            PluginRule::selftest_failed, "fails its own test, " + said(error, status), {}
        );
    }
}

void test_itself(const ScoutRequest& request, ScoutReply& reply) {
    if (const auto generation = load_for(request, reply)) {
        run_selftest(*generation, reply);
    }
}

// What a host asks of a build before it loads it: as much as there is, in one process.
void try_out(const ScoutRequest& request, ScoutReply& reply) {
    const auto before = ProcessTraces::take();
    reply.begin("loading it");
    auto generation = load_for(request, reply);
    if (!generation) {
        return;
    }
    for (const auto* handler : generation->handlers()) {
        try_instances(*handler, reply);
    }
    run_selftest(*generation, reply);
    unload(std::move(generation), before, request, reply);
}

void load_again_and_again(const ScoutRequest& request, ScoutReply& reply) {
    std::size_t warm = 0;
    for (std::uint32_t round = 1; round <= request.rounds; ++round) {
        reply.begin(fmt::format("life {} of it", round));
        if (!load_for(request, reply)) {
            if (round > 1) {
                reply.finding(
                    PluginRule::fails_again,
                    fmt::format("starts at first, but not in its life {}", round),
                    "let init() begin anew, whatever an earlier life left"
                );
            }
            return;
        }
        // What the first rounds need, the allocator keeps.
        warm = round == std::max(1U, request.rounds / 4) ? resident_bytes() : warm;
    }
    const auto now = resident_bytes();
    if (now > warm + grown_bytes) {
        reply.finding(
            PluginRule::grows,
            fmt::format("leaves {} KiB behind in {} lives", (now - warm) / 1024, request.rounds),
            "free in deinit() what init() allocates"
        );
    }
}

constexpr std::array actions{
    ScoutAction{"load", &load},
    ScoutAction{"description", &describe},
    ScoutAction{"instances", &make_instances},
    ScoutAction{"selftest", &test_itself},
    ScoutAction{"cycles", &load_again_and_again},
    ScoutAction{"trial", &try_out},
};

}  // namespace

std::span<const ScoutAction> load_probes() noexcept {
    return actions;
}

}  // namespace tenon::plugin_host
