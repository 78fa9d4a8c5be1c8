#include "plugin_host/in_process/loaded_generation.hpp"

#include "foundation/telemetry/log.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/crash/call_under_way.hpp"
#include "plugin_host/crash/crash_watch.hpp"
#include "plugin_host/in_process/instance_pool.hpp"
#include "plugin_host/in_process/loaded_handler.hpp"
#include "plugin_host/in_process/plugin_threads.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <set>
#include <thread>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_message = 1024;
constexpr std::uint32_t largest_struct = 1U << 20U;
constexpr std::uint32_t most_handlers = 10'000;

// Between two questions whether background work has ended.
constexpr std::chrono::milliseconds quiesce_pause(20);

// For threads that were told to end. If they do not, their code stays, which costs little.
constexpr std::chrono::milliseconds thread_patience(200);

Error refusal(PluginRule rule, std::string what, std::string fix) {
    return to_error({rule, std::move(what), std::move(fix)});
}

// Bounded: the plugin may have forgotten the zero.
std::string text_of(const char* text, std::size_t longest = longest_name) {
    const auto view =
        text == nullptr ? std::string_view{} : std::string_view(text, ::strnlen(text, longest));
    return to_valid_utf8(view, longest);
}

const void* no_extension(const tenon_host* /*host*/, const char* /*id*/) noexcept {
    return nullptr;
}

Result<void> check_handler(const tenon_handler* handler) {
    constexpr auto first_size = offsetof(tenon_handler, destroy) + sizeof(handler->destroy);
    if (handler == nullptr || handler->size < first_size || handler->size > largest_struct ||
        handler->callable == nullptr || handler->call == nullptr) {
        return refusal(
            PluginRule::malformed_handlers,
            "has a handler without a callable, a call function or a proper size",
            "declare it with TENON_HANDLER, or fill in every field in C"
        );
    }
    const std::string_view name(handler->callable, ::strnlen(handler->callable, longest_name + 1));
    if (name.empty() || name.size() > longest_name || valid_utf8_prefix(name) != name.size()) {
        return refusal(
            PluginRule::callable_name,
            "declares a callable whose name is empty, too long or no UTF-8",
            fmt::format("give it a name of up to {} bytes", longest_name)
        );
    }
    return {};
}

void warn_of_taken_signals(std::string_view plugin_id, const std::string& before) {
    const auto taken = CrashWatch::taken_signals();
    if (taken != before) {
        log::warning(
            "plugins",
            fmt::format(
                "{} handles {} itself: what crashes with them is not recorded; give it a process "
                "of its own with --plugin-isolation {}=process",
                plugin_id,
                taken,
                plugin_id
            )
        );
    }
}

}  // namespace

LoadedGeneration::LoadedGeneration(Snapshot snapshot, Library library, PluginLog log)
    : Generation(std::move(snapshot)),
      code_(this->snapshot().copy(), info()),
      library_(std::move(library)),
      log_(std::move(log)) {}

LoadedGeneration::~LoadedGeneration() {
    wind_down(std::chrono::milliseconds(0));
    if (threads_inside(image()) > 0) {
        library_.stay();
    }
}

std::string LoadedGeneration::image() const {
    return snapshot().copy().string();
}

void LoadedGeneration::keep(std::unique_ptr<InstancePool> instances) const {
    const std::lock_guard lock(kept_mutex_);
    kept_.push_back(std::move(instances));
}

std::uint64_t LoadedGeneration::wind_down(std::chrono::milliseconds deadline) {
    if (!initialised_) {
        return 0;
    }
    initialised_ = false;
    const GuestWorkScope work({.build = &info()});
    enter_plugin_code();
    const auto until = std::chrono::steady_clock::now() + deadline;
    std::uint64_t running = 0;
    while (plugin_->quiesce != nullptr) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            until - std::chrono::steady_clock::now()
        );
        running =
            plugin_->quiesce(static_cast<std::uint32_t>(std::max<std::int64_t>(left.count(), 0)));
        if (running == 0 || left.count() <= 0) {
            break;
        }
        std::this_thread::sleep_for(std::min(left, quiesce_pause));
    }
    kept_.clear();
    if (plugin_->deinit != nullptr) {
        plugin_->deinit();
    }
    return running +
           await_threads(std::min(until, std::chrono::steady_clock::now() + thread_patience));
}

// Those that deinit() told to end may need a moment.
std::uint64_t LoadedGeneration::await_threads(std::chrono::steady_clock::time_point until) const {
    auto inside = threads_inside(image());
    while (inside > 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(quiesce_pause);
        inside = threads_inside(image());
    }
    return inside;
}

Result<std::shared_ptr<LoadedGeneration>> LoadedGeneration::start(
    Snapshot snapshot,
    const PluginManifest& manifest,
    std::uint64_t number,
    PluginLog log
) {
    PluginInfo declared;
    declared.id = manifest.id;
    declared.version = manifest.version;
    declared.sha256 = snapshot.sha256();
    declared.build_id = manifest.build_id;
    const GuestWorkScope work({.build = &declared});
    const auto taken_before = CrashWatch::taken_signals();
    enter_plugin_code();
    auto library = Library::open(snapshot.copy());
    if (!library) {
        return refusal(
            PluginRule::loader_refused,
            "cannot be loaded, " + to_valid_utf8(library.error().detail, longest_message),
            "build it on this system, with what it needs linked into it"
        );
    }
    std::shared_ptr<LoadedGeneration> generation(
        new LoadedGeneration(std::move(snapshot), *std::move(library), std::move(log))
    );
    if (const auto ready = generation->initialise(manifest, number); !ready) {
        return ready.error();
    }
    warn_of_taken_signals(declared.id, taken_before);
    return generation;
}

Result<void> LoadedGeneration::initialise(const PluginManifest& manifest, std::uint64_t number) {
    plugin_ = static_cast<const tenon_plugin*>(library_.find("tenon_plugin_v1"));
    if (const auto checked = check_entry(); !checked) {
        return checked;
    }
    own_info() = {
        .id = text_of(plugin_->id),
        .version = text_of(plugin_->version),
        .sdk = text_of(plugin_->sdk),
        .library = snapshot().source().stem().string(),
        .file = snapshot().source(),
        .sha256 = snapshot().sha256(),
        .build_id = manifest.build_id,
        .generation = number,
        .abi_major = plugin_->abi_major,
        .abi_minor = plugin_->abi_minor,
        .callables = {},
        .isolation = Isolation::in_process,
    };
    step_symbols_ = manifest.step_symbols;
    host_ = {
        .size = sizeof host_,
        .abi_major = TENON_ABI_MAJOR,
        .abi_minor = TENON_ABI_MINOR,
        .name = "tenon",
        .version = TENON_HOST_VERSION,
        .context = this,
        .log = &log_from_plugin,
        .get_extension = &no_extension,
    };
    std::array<char, longest_message> error{};
    const auto ready = plugin_->init == nullptr
                           ? tenon_status{TENON_OK}
                           : plugin_->init(&host_, {"{}", 2}, error.data(), error.size());
    if (ready != TENON_OK) {
        const auto why = text_of(error.data(), error.size());
        return refusal(
            PluginRule::init_refused,
            "refused to start: " + (why.empty() ? "it gave no reason" : why),
            {}
        );
    }
    initialised_ = true;
    return read_handlers();
}

Result<void> LoadedGeneration::check_entry() const {
    constexpr auto first_size = offsetof(tenon_plugin, get_extension) + sizeof(void*);
    if (plugin_ == nullptr || plugin_->magic != TENON_ABI_MAGIC || plugin_->size < first_size ||
        plugin_->size > largest_struct || plugin_->handlers == nullptr) {
        return refusal(
            PluginRule::malformed_entry,
            "has a malformed tenon_plugin_v1",
            "build it with TENON_PLUGIN, or fill in size, magic and handlers in C"
        );
    }
    if (plugin_->abi_major != TENON_ABI_MAJOR) {
        return refusal(
            PluginRule::other_abi,
            fmt::format(
                "is built for plugin ABI {}, but this host speaks {}",
                plugin_->abi_major,
                TENON_ABI_MAJOR
            ),
            "build it with this host's SDK"
        );
    }
    if (text_of(plugin_->id).empty() || text_of(plugin_->version).empty()) {
        return refusal(
            PluginRule::malformed_entry, "has no id or no version", "name both in TENON_PLUGIN"
        );
    }
    return {};
}

Result<void> LoadedGeneration::read_handlers() {
    const tenon_handler* const* table = nullptr;
    const auto count = plugin_->handlers(&table);
    if (count == 0 || table == nullptr) {
        return refusal(
            PluginRule::malformed_handlers, "declares no handler", "declare one with TENON_HANDLER"
        );
    }
    if (count > most_handlers) {
        return refusal(
            PluginRule::malformed_handlers,
            fmt::format("declares {} handlers, more than {}", count, most_handlers),
            "split it into several plugins"
        );
    }
    std::set<std::string_view> names;
    for (const auto* handler : std::span(table, count)) {
        if (const auto checked = check_handler(handler); !checked) {
            return checked;
        }
        if (!names.insert(handler->callable).second) {
            return refusal(
                PluginRule::duplicate_callable,
                fmt::format("declares {} twice", handler->callable),
                "rename one"
            );
        }
        handlers_.push_back(handler);
        own_info().callables.emplace_back(handler->callable);
    }
    return {};
}

void LoadedGeneration::log_from_plugin(
    const tenon_host* host,
    std::int32_t level,
    tenon_str message
) noexcept {
    const auto& self = *static_cast<const LoadedGeneration*>(host->context);
    if (self.log_ && message.ptr != nullptr) {
        const std::string_view text(
            message.ptr, std::min<std::size_t>(message.len, longest_message)
        );
        self.log_(level, self.info().id, to_valid_utf8(text));
    }
}

HandlerSet LoadedGeneration::handlers(const std::shared_ptr<const Generation>& self) const {
    const std::shared_ptr<const LoadedGeneration> own(self, this);
    HandlerSet made;
    for (const auto* descriptor : handlers_) {
        made.declared.push_back(std::make_shared<const LoadedHandler>(own, *descriptor));
    }
    for (const auto& symbol : step_symbols_) {
        made.functions.push_back(std::make_shared<const LoadedHandler>(
            own,
            fmt::format("{}#{}", info().library, symbol),
            reinterpret_cast<tenon_step_function>(library_.find(symbol))
        ));
    }
    return made;
}

}  // namespace tenon::plugin_host
